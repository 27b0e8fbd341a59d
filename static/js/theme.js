// Runs before the first paint: the chosen theme, and whether room must be kept for saved players.
(function (root) {
  root.classList.replace("no-js", "js");
  try {
    const theme = localStorage.getItem("theme");
    const dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "dark" : "light";
    const slug = location.pathname.replace(/\/$/, "").split("/").pop();
    if (localStorage.getItem("players:" + slug)) root.classList.add("has-players");
  } catch {
    root.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
})(document.documentElement);
