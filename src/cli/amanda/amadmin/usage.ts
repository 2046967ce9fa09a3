// The usage text of `amadmin`, word for word that of stock Amanda.

export const AMADMIN_USAGE = `
Usage: amadmin [--version] [--exact-match] [--no-default] [--print-source] [-o configoption]*
               <conf> <command> {<args>} ...
    Valid <command>s are:
	version					# Show version info.
	config					# Show configuration.
	estimate [<hostname> [<disks>]* ]*	# Print server estimate.
	force [<hostname> [<disks>]* ]+		# Force level 0 at next run.
	force-level-1 [<hostname> [<disks>]* ]+		# Force level 1 at next run.
	unforce [<hostname> [<disks>]* ]+	# Clear force command.
	force-bump [<hostname> [<disks>]* ]+	# Force bump at next run.
	force-no-bump [<hostname> [<disks>]* ]+	# Force no-bump at next run.
	unforce-bump [<hostname> [<disks>]* ]+	# Clear bump command.
	disklist [<hostname> [<disks>]* ]*	# Debug disklist entries.
	hosts					# Show all distinct hosts in disklist.
	dles					# Show all dles in disklist, one per line.
	retention [<tapelabel> ...]	 # print retention.
	reuse <tapelabel> ...		 # re-use this tape.
	no-reuse <tapelabel> ...	 # never re-use this tape.
	find [<hostname> [<disks>]* ]*	 # Show which tapes these dumps are on.
	holding {list [ -l ] |delete} [ <hostname> [ <disk> [ <datestamp> [ .. ] ] ] ]+	 # Show or delete holding disk contents.
	delete [<hostname> [<disks>]* ]+ # Delete from database.
	info [<hostname> [<disks>]* ]*	 # Show current info records.
	due [<hostname> [<disks>]* ]*	 # Show due date.
	balance [--days <num>]		 # Show nightly dump size balance.
	tape [--days <num>]		 # Show which tape is due next.
	bumpsize			 # Show current bump thresholds.
	export [<hostname> [<disks>]* ]* # Export curinfo database to stdout.
	import				 # Import curinfo database from stdin.
`
