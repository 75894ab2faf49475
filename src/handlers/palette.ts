export const DARK_SHEET = '#191f1d';

/** The colours of what readers see, on light and on dark screens. */
export const PALETTE = `:root {
  color-scheme: light;
  --page: #f5f6f4;
  --sheet: #ffffff;
  --head: #f9faf8;
  --ink: #1c2422;
  --soft: #5a6663;
  --line: #e4e8e5;
  --edge: #c9d1cd;
  --accent: #0b5f56;
  --hover: #f1f6f4;
  --warn: #9a3412;
  --warn-back: #fff4ec;
  --mark: #fde4d4;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --page: #121615;
    --sheet: ${DARK_SHEET};
    --head: #1f2624;
    --ink: #e6ebe8;
    --soft: #9ba8a3;
    --line: #29312e;
    --edge: #3d4844;
    --accent: #74cdbd;
    --hover: #1e2623;
    --warn: #f5a97c;
    --warn-back: #2b1e17;
    --mark: #472918;
  }
}
`;
