# Read by holdfast.cjs, which sets `here` to its own path. Starts the compiled program in this very process with the Node that came from npm, as scripts/launch.cjs
# would: to start launch.cjs takes a Node of its own, and that alone longer than most commands. Returns where it has not both; launch.cjs knows what to do then.

root=${here%/*/*}
[ -f "$root/src/cli/main.ts" ] && return
program=$root/dist/src/cli/main.js
# As nodeFlags of launch.cjs.
flags='--max-semi-space-size=4 --heap-growing-percent=50'
case " $* " in
  *' agent '*'run '*) flags='--max-semi-space-size=1 --heap-growing-percent=50' ;;
  *' restore '*) flags='--max-semi-space-size=4' ;;
esac
# npm installs the package of this platform alone, within this package or beside it.
for node in "$root"/node_modules/node-*/bin/node "${root%/*}"/node-*/bin/node; do
  [ -x "$node" ] && [ -f "$program" ] || continue
  export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX-1}" MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_-131072}" MALLOC_TRIM_THRESHOLD_="${MALLOC_TRIM_THRESHOLD_-131072}"
  exec "$node" --disable-warning=ExperimentalWarning $flags "$program" "$@"
done
