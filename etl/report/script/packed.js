// Data that the page holds packed: JSON, compressed, as text. Browsers unpack it by themselves.
async function unpack(text) {
  const bytes = Uint8Array.fromBase64?.(text) ?? Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

const held = (id) => document.getElementById(id).textContent;

// An entry of the index.
const KIND = 0;
const ADDRESS = 1;
const CALLED = 2;
const WHERE = 3;

// The index of all pages, and a page by its place in it, which is unpacked when it is asked for.
const library = {
  index: null,
  async open() {
    this.index = await unpack(held("index"));
  },
  address(place) {
    return `#${this.index.pages[place][ADDRESS]}`;
  },
  async page(place) {
    const { together } = this.index;
    this.texts ??= held("pages").split("\n");
    this.shelves ??= new Map();
    const shelf = Math.floor(place / together);
    if (!this.shelves.has(shelf)) this.shelves.set(shelf, unpack(this.texts[shelf]));
    return (await this.shelves.get(shelf))[place % together];
  },
};
