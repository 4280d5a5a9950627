// The sections of the settings stand in a row on a phone: bring the current one into view.
document.querySelector(".settings-nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
