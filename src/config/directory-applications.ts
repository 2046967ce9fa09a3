// The applications of the agent that dump a directory, with its excludes and includes.

export const DIRECTORY_APPLICATIONS: ReadonlySet<string> = new Set(['archive', 'gnutar'])
