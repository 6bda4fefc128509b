"""What a Pico's MicroPython is built with: see firmware/board/README.md."""
