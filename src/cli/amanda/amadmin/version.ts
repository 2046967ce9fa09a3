// `amadmin version`: how Debian's Amanda 3.5.1 was built, whose place Holdfast takes.

const CONFIGURE_ARGS = [
  '--build=x86_64-linux-gnu', '--includedir=${prefix}/include', '--mandir=${prefix}/share/man', '--infodir=${prefix}/share/info', '--localstatedir=/var', '--disable-option-checking', '--disable-silent-rules', '--libdir=${prefix}/lib/x86_64-linux-gnu',
  '--libexecdir=${prefix}/lib/x86_64-linux-gnu', '--disable-maintainer-mode', '--disable-dependency-tracking', '--prefix=/usr', '--bindir=/usr/sbin', '--libexecdir=/usr/lib/amanda', '--without-amlibexecdir', '--without-amperldir', '--sysconfdir=/etc',
  '--sharedstatedir=/var/lib', '--localstatedir=/var/lib', '--with-user=backup', '--with-group=backup', '--with-tcpportrange=50000,50100', '--with-udpportrange=840,860', '--with-debugging=/var/log/amanda',
  '--with-gnutar-listdir=/var/lib/amanda/gnutar-lists', '--with-amandates=/var/lib/amanda/amandates', '--with-index-server=localhost', '--with-bsd-security', '--with-smbclient=/usr/bin/smbclient', '--with-amandahosts', '--with-ssh-security',
  '--with-bsdtcp-security', '--with-bsdudp-security', '--without-ipv6', '--enable-s3-device', 'build_alias=x86_64-linux-gnu', 'CFLAGS=-g -O2 -ffile-prefix-map=/build/reproducible-path/amanda-3.5.1=. -fstack-protector-strong -Wformat -Werror=format-security',
  'LDFLAGS=-Wl,-z,relro -Wl,-z,now', 'LIBS=-lssl', 'CPPFLAGS=-Wdate-time -D_FORTIFY_SOURCE=2',
]

export const VERSION_TEXT = `build: VERSION="Amanda-3.5.1" BUILT_DATE="" BUILT_MACH=""
       BUILT_REV="7557" BUILT_BRANCH="tags" CC="gcc"
paths: bindir="/usr/sbin" sbindir="/usr/sbin"
       libexecdir="/usr/lib/amanda"
       amlibexecdir="/usr/lib/amanda" mandir="/usr/share/man"
       AMANDA_TMPDIR="/tmp/amanda"
       AMANDA_DBGDIR="/var/log/amanda" CONFIG_DIR="/etc/amanda"
       DEV_PREFIX="/dev/" DUMP="/sbin/dump"
       RESTORE="/sbin/restore" VDUMP=UNDEF VRESTORE=UNDEF
       XFSDUMP="/sbin/xfsdump" XFSRESTORE="/sbin/xfsrestore"
       VXDUMP=UNDEF VXRESTORE=UNDEF
       SAMBA_CLIENT="/usr/bin/smbclient" GNUTAR="/bin/tar"
       COMPRESS_PATH="/bin/gzip" UNCOMPRESS_PATH="/bin/gzip"
       LPR="/usr/bin/lpr" MAILER="/usr/bin/mail"
       listed_incr_dir="/var/lib/amanda/gnutar-lists"
defs:  DEFAULT_SERVER="localhost" DEFAULT_CONFIG="DailySet1"
       DEFAULT_TAPE_SERVER="localhost" DEFAULT_TAPE_DEVICE=""
       NEED_STRSTR AMFLOCK_POSIX AMFLOCK_FLOCK AMFLOCK_LOCKF
       AMFLOCK_LNLOCK SETPGRP_VOID AMANDA_DEBUG_DAYS=4 BSD_SECURITY
       USE_AMANDAHOSTS CLIENT_LOGIN="backup" CHECK_USERID HAVE_GZIP
       COMPRESS_SUFFIX=".gz" COMPRESS_FAST_OPT="--fast"
       COMPRESS_BEST_OPT="--best" UNCOMPRESS_OPT="-dc"
       CONFIGURE_ARGS=" ${CONFIGURE_ARGS.map((argument) => `'${argument}'`).join(' ')}"
`
