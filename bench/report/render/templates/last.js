"use strict";
/* When everything is set up. */
all(".table").forEach(setUpTable);
if (metrics.length) choose(metric, false);
follow(location.hash);
root.dataset.ready = "true";
(window.requestIdleCallback || setTimeout)(() => readAhead());
