// Programs that make a dump slow in the ways that are silent on the network: a tar that thinks before it writes, a filter that holds its data
// back or lets it through at a rate. Each notes when it was silent, and with that how often the client's disk was read.

import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { readStretches, type Stretch } from './traffic.ts'

export class SlowPrograms {
  readonly #dir: string
  readonly tar: string
  readonly filter: string

  /** `bytesPerSecond` is the rate of the filter; undefined: as fast as it goes. */
  constructor(dir: string, bytesPerSecond: number | undefined) {
    this.#dir = dir
    this.tar = path.join(dir, 'slow-tar')
    this.filter = path.join(dir, 'slow-filter')
    for (const [file, text] of [[this.tar, slowTar(dir)], [this.filter, slowFilter(dir, bytesPerSecond)]] as const) {
      writeFileSync(file, text)
      chmodSync(file, 0o755)
    }
    this.beSilentFor(0)
  }

  /** From now on: each program is silent for so long once. */
  beSilentFor(seconds: number): void {
    writeFileSync(path.join(this.#dir, 'silent'), `${seconds}\n`)
  }

  /** The silences so far, `estimate`, `scan` and `medium`. A `scan` is one reading of the client's disk. */
  silences(): Stretch[] {
    const file = path.join(this.#dir, 'silences')
    return existsSync(file) ? readStretches(file) : []
  }
}

/** GNU tar with a pause before it starts, in estimates and in dumps. */
function slowTar(dir: string): string {
  return `#!/bin/sh
case " $* " in
  *" --file=/dev/null "*) name=estimate;;
  *" --create "*) name=scan;;
  *) exec tar "$@";;
esac
read silent <'${dir}/silent'
read start _ </proc/uptime
sleep "$silent"
read end _ </proc/uptime
echo "$name $start $end" >>'${dir}/silences'
exec tar "$@"
`
}

/** A compressor that changes nothing. With -d it is quick. */
function slowFilter(dir: string, bytesPerSecond: number | undefined): string {
  const pace = bytesPerSecond === undefined ? '' : `    select undef, undef, undef, $n / ${bytesPerSecond} if !$undo;\n`
  return `#!/usr/bin/perl
use strict; use warnings; binmode STDIN; binmode STDOUT; $| = 1;
sub line { my ($file) = @_; open my $f, '<', $file or die "$file: $!"; my $text = <$f>; $text =~ s/\\s.*//s; return $text }
my $undo = grep { $_ eq '-d' } @ARGV;
my $held = $undo;
while (my $n = sysread STDIN, my $buf, 32768) {
    if (!$held) {
        my $start = line('/proc/uptime');
        sleep line('${dir}/silent');
        open my $f, '>>', '${dir}/silences' or die $!;
        print $f "medium $start ", line('/proc/uptime'), "\\n";
        close $f;
        $held = 1;
    }
    my $off = 0;
    while ($off < $n) { my $w = syswrite STDOUT, $buf, $n - $off, $off; exit 1 unless defined $w; $off += $w }
${pace}}
`
}
