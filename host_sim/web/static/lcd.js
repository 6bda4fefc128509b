// The LCD as it looks: 128 x 64 dots with a thin seam, from the controller's 1024 bytes.
const SCALE = 5;
const GLASS = "#b4c88a", LIT = "#18263a", UNLIT = "#adc183";

export function drawScreen(canvas, base64) {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  if (canvas.width !== 128 * SCALE) {
    canvas.width = 128 * SCALE;
    canvas.height = 64 * SCALE;
  }
  const pen = canvas.getContext("2d");
  pen.fillStyle = GLASS;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  for (const [on, colour] of [[0, UNLIT], [1, LIT]]) {
    pen.fillStyle = colour;
    for (let y = 0; y < 64; y += 1) {
      for (let x = 0; x < 128; x += 1) {
        if ((bytes[(y >> 3) * 128 + x] >> (y & 7) & 1) === on) {
          pen.fillRect(x * SCALE, y * SCALE, SCALE - 1, SCALE - 1);
        }
      }
    }
  }
}
