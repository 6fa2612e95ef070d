/** The element of an id. */
function $(id) {
  return document.getElementById(id);
}

/** A number of things in words. */
function count(number, thing) {
  return `${number.toLocaleString("en")} ${thing}${number === 1 ? "" : "s"}`;
}

/** Write a tile's name, its file apart from its folder: what tells tiles apart is not cut off. */
function writeName(element, name) {
  const file = name.lastIndexOf("/") + 1;
  element.querySelector(".name").textContent = name.slice(file);
  element.querySelector(".folder").textContent = name.slice(0, file);
  element.title = name;
}
