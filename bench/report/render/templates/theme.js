// Before anything is painted: the theme that was chosen last time, where the browser lets a page remember.
(() => {
  try {
    const kept = localStorage.getItem("bench-theme");
    if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
  } catch { /* private windows and some file: pages have no storage; the system's theme holds */ }
})();
