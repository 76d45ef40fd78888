"use strict";
// Every picture is a function of the time since the page began and of fixed seeds: each run shows the same.
const words = new URLSearchParams(location.search);
const asked = (name, other) => Number(words.get(name) ?? other);
const total = asked("seconds", 100);
const photos = asked("photos", 0);
let frames = asked("frames", 0);

function numbers(seed) {
  let state = seed * 2654435761 >>> 0 || 1;
  return () => {
    state ^= state << 13; state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5; state >>>= 0;
    return state / 4294967296;
  };
}

function sheet(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

function grain(width, height, next, coloured) {
  const canvas = sheet(width, height);
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let at = 0; at < image.data.length; at += 4) {
    const grey = next() * 255;
    for (let part = 0; part < 3; part++) image.data[at + part] = coloured ? next() * 255 : grey;
    image.data[at + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

// A photograph: one of a recording, or colours from coarse to fine with grain over them.
async function photo(number, width, height) {
  const canvas = sheet(width, height);
  const context = canvas.getContext("2d");
  if (photos > 0) {
    const image = new Image();
    image.src = `/photo/${number % photos}.bmp`;
    await image.decode();
    context.drawImage(image, 0, 0, width, height);
    return canvas;
  }
  const next = numbers(number + 1);
  context.imageSmoothingQuality = "high";
  [3, 7, 16, 40, 120].forEach((size, index) => {
    context.globalAlpha = 1 / (index + 1);
    context.drawImage(grain(size, size, next, true), 0, 0, width, height);
  });
  context.globalAlpha = 0.05;
  context.drawImage(grain(width, height, next, false), 0, 0);
  return canvas;
}

// Calls `draw` with the seconds since now at every picture for `share` of the session, then goes on to `after`.
function play(share, after, draw) {
  const length = total * share;
  let begun;
  const step = (now) => {
    begun ??= now;
    frames++;
    const time = (now - begun) / 1000;
    draw(Math.min(time, length), length);
    if (time < length) requestAnimationFrame(step);
    else if (after) location.href = `${after}?seconds=${total}&photos=${photos}&frames=${frames}`;
    else fetch(`/end?${frames}`);
  };
  requestAnimationFrame(step);
}
