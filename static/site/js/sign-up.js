// Sign-up: proposes an address from the workspace's name, and says while typing whether it is free.
const slug = document.querySelector("input[name=slug]");
const check = document.querySelector("[data-slug-check]");
// Only where the workspace itself is named: on the next page the field holds a person's name.
const name = document.querySelector("input[name=name][autocomplete=organization]");

if (slug && check) {
  let asked = 0;
  let waiting = 0;
  let own = slug.value !== "";

  const ask = async () => {
    const turn = ++asked;
    const address = `${check.dataset.slugCheck}?slug=${encodeURIComponent(slug.value)}`;
    const answer = await fetch(address).catch(() => null);
    if (answer?.ok && turn === asked) check.innerHTML = await answer.text();
  };

  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 300);
  };

  slug.addEventListener("input", () => {
    own = slug.value !== "";
    later();
  });

  name?.addEventListener("input", () => {
    if (own) return;
    const plain = name.value.toLowerCase().normalize("NFKD").replace(/\p{M}+/gu, "");
    slug.value = plain.replace(/[^a-z0-9]+/g, "-")
      .replace(/^[^a-z]+|-+$/g, "").slice(0, 40);
    later();
  });
}
