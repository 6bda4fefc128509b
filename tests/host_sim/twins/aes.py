"""Twin program: AES as the device has it, one way an object."""

from cryptolib import aes

KEY = bytes(range(16))
DATA = bytes(range(100, 148))

for key in (KEY, KEY + KEY):
    for mode, iv in ((1, None), (2, bytes(range(50, 66)))):
        made = [aes(key, mode) if iv is None else aes(key, mode, iv) for _ in range(2)]
        secret = made[0].encrypt(DATA)
        print(secret, made[0].encrypt(DATA), made[1].decrypt(secret))
        try:
            made[0].decrypt(secret)
        except ValueError as error:
            print("both ways", error)
out = bytearray(16)
aes(KEY, 1).encrypt(DATA[:16], out)
print(out)
for make in (lambda: aes(b"short", 1), lambda: aes(KEY, 2), lambda: aes(KEY, 1).encrypt(b"odd")):
    try:
        make()
        print("taken")
    except ValueError:
        print("refused")
