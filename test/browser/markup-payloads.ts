const run = 'document.title=1'
const address = '//markup.invalid/x'

/** Elements that fetch, run or submit something as soon as they stand in a page. */
const elements = [
  `<script>${run}</script>`,
  `<script src=${address}></script>`,
  `<SCRIPT >${run}</SCRIPT x>`,
  `<scr<script>ipt>${run}</scr</script>ipt>`,
  `<img src=x onerror="${run}">`,
  `<img src=${address}>`,
  `<img srcset="${address} 1x">`,
  `<image href=${address} onerror=${run}>`,
  `<svg onload=${run}>`,
  `<svg><script>${run}</script></svg>`,
  `<svg><animate onbegin=${run} attributeName=x dur=1s>`,
  `<svg><use href="data:image/svg+xml,<svg id=x onload=${run}>#x"></use></svg>`,
  `<svg><foreignObject><iframe srcdoc="<script>${run}</script>"></foreignObject></svg>`,
  `<math><mtext><table><mglyph><style><img src=x onerror=${run}></style></mglyph></table>`,
  `<iframe src="javascript:${run}"></iframe>`,
  `<iframe srcdoc="<script>parent.${run}</script>"></iframe>`,
  `<object data="javascript:${run}"></object>`,
  `<object data=${address}></object>`,
  `<embed src=${address}>`,
  `<video src=x onerror=${run}></video>`,
  `<video poster=${address}></video>`,
  `<audio src=${address} onerror=${run}></audio>`,
  `<source srcset=${address}>`,
  `<link rel=stylesheet href=${address}>`,
  `<link rel=prefetch href=${address}>`,
  `<style>@import '${address}';</style>`,
  `<table background=${address}><td>x</table>`,
  `<meta http-equiv=refresh content="0;url=${address}">`,
  `<base href=${address}>`,
  `<form action=${address}><button autofocus onfocus=${run}>x</button></form>`,
  `<input autofocus onfocus=${run}>`,
  `<input type=image src=${address}>`,
  `<select autofocus onfocus=${run}></select>`,
  `<textarea autofocus onfocus=${run}></textarea>`,
  `<details open ontoggle=${run}>x</details>`,
  `<marquee onstart=${run}>x</marquee>`,
  `<body onload=${run}>`,
  `<frameset onload=${run}>`,
  `<portal src=${address}></portal>`,
  `<template><script>${run}</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${run}>">`,
  `<a href="javascript:${run}">x</a>`,
  `<a href=${address} ping=${address}>x</a>`,
  `<div style="background:url(${address})">x</div>`,
  `<x onclick=${run} tabindex=1 onfocus=${run} autofocus>`,
]

/** What ends the text, attribute, comment or script that it may stand in. */
const ends = [
  `"><script>${run}</script>`,
  `'><script>${run}</script>`,
  `" onmouseover="${run}" x="`,
  `' autofocus onfocus='${run}`,
  `</title><script>${run}</script>`,
  `</textarea><img src=x onerror=${run}>`,
  `</script><script>${run}</script>`,
  `--><script>${run}</script><!--`,
  `]]><script>${run}</script>`,
]

/** Texts that are markup only where they are decoded once too often, or are taken for an address. */
const disguises = [
  `&lt;script&gt;${run}&lt;/script&gt;`,
  `&#60;img src=x onerror=${run}&#62;`,
  `\\u003cscript\\u003e${run}\\u003c/script\\u003e`,
  `%3Cscript%3E${run}%3C/script%3E`,
  `javascript:${run}//`,
  `data:text/html,<script>${run}</script>`,
]

/** Sixty texts, each of which runs, fetches or submits something where it is taken for markup. */
export const markupPayloads: readonly string[] = [...elements, ...ends, ...disguises]
