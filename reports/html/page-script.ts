/**
 * What runs in the reader's browser: draws each chart from the specification beside it, as wide as the page. It takes
 * nothing from the network, and Vega's expressions are interpreted, so that the page may forbid both.
 */

export const pageScript: string = `
(function () {
  'use strict'
  var leftOfPlot = 136
  var drawn = []

  function draw(chart) {
    var spec = JSON.parse(document.getElementById(chart.id + '-spec').textContent)
    var width = Math.max(320, chart.clientWidth - leftOfPlot)
    spec.vconcat.forEach(function (view) { view.width = width })
    var isDark = window.matchMedia('(prefers-color-scheme: dark)').matches
    return window.vegaEmbed(chart, spec, {
      mode: 'vega-lite', renderer: 'svg', ast: true, downloadFileName: chart.dataset.name,
      actions: { export: true, source: true, compiled: false, editor: false },
      tooltip: { theme: isDark ? 'dark' : 'light' }
    }).then(function (result) { drawn.push(result) })
  }

  function drawAll() {
    drawn.splice(0).forEach(function (result) { result.finalize() })
    var charts = Array.prototype.slice.call(document.querySelectorAll('.chart'))
    return charts.reduce(function (before, chart) {
      return before.then(function () { return draw(chart) }).catch(function (error) {
        chart.textContent = 'This chart could not be drawn: ' + error.message
      })
    }, Promise.resolve())
  }

  var widthDrawn = window.innerWidth
  var waiting
  window.addEventListener('resize', function () {
    clearTimeout(waiting)
    waiting = setTimeout(function () {
      if (window.innerWidth === widthDrawn) return
      widthDrawn = window.innerWidth
      drawAll()
    }, 300)
  })
  window.addEventListener('beforeprint', function () {
    document.querySelectorAll('main details').forEach(function (details) {
      if (!details.closest('.vega-embed')) details.open = true
    })
  })
  if (window.vegaEmbed) drawAll()
})()
`
