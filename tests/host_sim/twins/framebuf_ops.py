"""Twin program: random drawing, the buffer after each operation."""

import framebuf
from rnd import Rnd

rnd = Rnd(1)
pixels = bytearray(128 * 8)
screen = framebuf.FrameBuffer(pixels, 128, 64, framebuf.MONO_VLSB)
stamp = bytearray(rnd.below(256) for _ in range(32))
wide = framebuf.FrameBuffer(stamp, 16, 16, framebuf.MONO_VLSB)
narrow = framebuf.FrameBuffer(stamp, 8, 16, framebuf.MONO_VLSB, 16)
odd = framebuf.FrameBuffer(stamp, 10, 13, framebuf.MONO_VLSB, 16)


def number(low, high):
    return low + rnd.below(high - low)


for count in range(400):
    x, y, colour = number(-20, 140), number(-20, 80), rnd.below(2)
    if count % 3 == 0:
        x, y = x // 8 * 8, y // 8 * 8
    which = rnd.below(9)
    if which == 0:
        screen.blit((wide, narrow, odd)[rnd.below(3)], x, y)
    elif which == 1:
        screen.blit((wide, narrow, odd)[rnd.below(3)], x, y, colour)
    elif which == 2:
        screen.fill_rect(x, y, number(1, 40), number(1, 40), colour)
    elif which == 3:
        screen.hline(x, y, number(1, 60), colour)
    elif which == 4:
        screen.vline(x, y, number(1, 60), colour)
    elif which == 5:
        screen.rect(x, y, number(1, 40), number(1, 40), colour)
    elif which == 6:
        screen.rect(x, y, number(1, 40), number(1, 40), colour, True)
    elif which == 7:
        screen.pixel(x, y, colour)
        print(screen.pixel(x, y))
    elif rnd.below(8) == 0:
        screen.scroll(number(-9, 10), number(-9, 10))
    elif rnd.below(20) == 0:
        screen.fill(colour)
    print(count, which, sum(value * (at + 1) for at, value in enumerate(pixels)) % 1000003)
