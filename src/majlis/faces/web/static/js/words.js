// Sentences for scripts, translated by the server: `<template id="words" data-lost="…">`; `word("lost")`.
export const word = (name) => document.getElementById("words")?.dataset[name] ?? "";
