#!/bin/bash
# page.sh WORDS ISO MODE: the page that is printed beside an image, as HTML on stdout: its SHA-256, in digits and in
# words by the program WORDS, and what officers look at and sign when it is started.
# shellcheck source=images/build/environment.sh
. images/build/environment.sh
words=$1 iso=$2 mode=$3
said='says nothing of a training'
[ "$mode" = production ] || said='says TRAINING'
sum=$(sha256sum < "$iso" | cut -d ' ' -f 1)

cat << END
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>Rootseal, the $mode image</title>
<style>
@page { size: A4; margin: 20mm }
body { font: 11pt/1.4 serif; max-width: 170mm }
pre { font-size: 11pt }
td { padding: 2mm 4mm 2mm 0; vertical-align: top }
.line { border-bottom: 1px solid; min-width: 45mm }
</style>
<h1>Rootseal: the $mode image</h1>
<p>SHA-256 of <code>rootseal.iso</code>, as <code>sha256sum</code> says it of the file, and the machine of its
medium:</p>
<pre>$(fold -w 32 <<< "$sum")</pre>
<pre>$("$words" <<< "$sum")</pre>
<h2>When the machine is started</h2>
<table>
<tr><td>&#9744;<td>No network cable, no network card, one keyboard, no medium but the image.
<tr><td>&#9744;<td>The menu stands there, and $said.
<tr><td>&#9744;<td>The time on the screen is that of our own clock, in UTC.
<tr><td>&#9744;<td><em>The image's words</em>, read aloud by one and followed on this page by another, are these.
<tr><td>&#9744;<td>The state medium opened with the parts of two persons.
<tr><td>&#9744;<td>The head of the log is that of the last session's page.
</table>
<h2>At the end</h2>
<table>
<tr><td>&#9744;<td>Bundles, minutes and anchors are on their sticks.
<tr><td>&#9744;<td>The head of the log, first four words: <td class="line">
<tr><td>&#9744;<td>The machine said <em>Rootseal: off</em>; state medium and token are locked away.
</table>
<h2>Who was there</h2>
<table>
<tr><td>Date, place<td class="line"><td>Purpose<td class="line">
<tr><td>Name<td class="line"><td>Signature<td class="line">
<tr><td>Name<td class="line"><td>Signature<td class="line">
<tr><td>Name<td class="line"><td>Signature<td class="line">
<tr><td>Name<td class="line"><td>Signature<td class="line">
</table>
</html>
END
