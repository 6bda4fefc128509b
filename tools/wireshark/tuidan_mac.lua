-- F64 by the two DES algorithms of the dialect, and keys opened under a TMK: plain Lua, for the Lua of
-- Wireshark 4.0 has no ciphers. Tables as FIPS 46-3 prints them; slow, and fast enough to look at.

local IP = { 58,50,42,34,26,18,10,2,60,52,44,36,28,20,12,4,62,54,46,38,30,22,14,6,64,56,48,40,32,24,16,8,
  57,49,41,33,25,17,9,1,59,51,43,35,27,19,11,3,61,53,45,37,29,21,13,5,63,55,47,39,31,23,15,7 }
local FP = { 40,8,48,16,56,24,64,32,39,7,47,15,55,23,63,31,38,6,46,14,54,22,62,30,37,5,45,13,53,21,61,29,
  36,4,44,12,52,20,60,28,35,3,43,11,51,19,59,27,34,2,42,10,50,18,58,26,33,1,41,9,49,17,57,25 }
local E = { 32,1,2,3,4,5,4,5,6,7,8,9,8,9,10,11,12,13,12,13,14,15,16,17,16,17,18,19,20,21,20,21,22,23,24,25,
  24,25,26,27,28,29,28,29,30,31,32,1 }
local P = { 16,7,20,21,29,12,28,17,1,15,23,26,5,18,31,10,2,8,24,14,32,27,3,9,19,13,30,6,22,11,4,25 }
local PC1 = { 57,49,41,33,25,17,9,1,58,50,42,34,26,18,10,2,59,51,43,35,27,19,11,3,60,52,44,36,
  63,55,47,39,31,23,15,7,62,54,46,38,30,22,14,6,61,53,45,37,29,21,13,5,28,20,12,4 }
local PC2 = { 14,17,11,24,1,5,3,28,15,6,21,10,23,19,12,4,26,8,16,7,27,20,13,2,41,52,31,37,47,55,30,40,51,45,
  33,48,44,49,39,56,34,53,46,42,50,36,29,32 }
local SHIFTS = { 1,1,2,2,2,2,2,2,1,2,2,2,2,2,2,1 }
-- Each S-box: four rows of sixteen hex digits.
local S = {
  "E4D12FB83A6C5907 0F74E2D1A6CB9538 41E8D62BFC973A50 FC8249175B3EA06D",
  "F18E6B34972DC05A 3D47F28EC01A69B5 0E7BA4D158C6932F D8A13F42B67C05E9",
  "A09E63F51DC7B428 D709346A285ECBF1 D6498F30B12C5AE7 1AD069874FE3B52C",
  "7DE3069A1285BC4F D8B56F03472C1AE9 A690CB7DF13E5284 3F06A1D8945BC72E",
  "2C417AB6853FD0E9 EB2C47D150FA3986 421BAD78F9C5630E B8C71E2D6F09A453",
  "C1AF92680D34E75B AF427C9561DE0B38 9EF528C3704A1DB6 432C95FABE17608D",
  "4B2EF08D3C975A61 D0B7491AE35C2F86 14BDC37EAF680592 6BD814A7950FE23C",
  "D2846FB1A93E50C7 1FD8A374C56B0E92 7B419CE206ADF358 21E74A8DFC90356B",
}
for box = 1, 8 do
  local digits = S[box]:gsub(" ", "")
  assert(#digits == 64)
  S[box] = {}
  for at = 1, 64 do S[box][at - 1] = tonumber(digits:sub(at, at), 16) end
end

local function bits(text)
  local made = {}
  for at = 1, #text do
    local byte = text:byte(at)
    for bit = 7, 0, -1 do made[#made + 1] = math.floor(byte / 2 ^ bit) % 2 end
  end
  return made
end

local function bytes(from)
  local made = {}
  for at = 1, #from, 8 do
    local byte = 0
    for bit = at, at + 7 do byte = byte * 2 + from[bit] end
    made[#made + 1] = string.char(byte)
  end
  return table.concat(made)
end

local function pick(from, order)
  local made = {}
  for at = 1, #order do made[at] = from[order[at]] end
  return made
end

local function schedule(key)
  local halves, keys = pick(bits(key), PC1), {}
  local offset = 0
  for round = 1, 16 do
    offset = offset + SHIFTS[round]
    local turned = {}
    for at = 0, 27 do
      turned[at + 1] = halves[(at + offset) % 28 + 1]
      turned[at + 29] = halves[(at + offset) % 28 + 29]
    end
    keys[round] = pick(turned, PC2)
  end
  return keys
end

local function crypt(block, keys, backwards)
  local all = pick(bits(block), IP)
  local left, right = {}, {}
  for at = 1, 32 do left[at], right[at] = all[at], all[at + 32] end
  for round = 1, 16 do
    local key, out = keys[backwards and 17 - round or round], {}
    local spread = pick(right, E)
    for box = 0, 7 do
      local six = {}
      for at = 1, 6 do
        six[at] = (spread[box * 6 + at] + key[box * 6 + at]) % 2
      end
      local value = S[box + 1][six[1] * 32 + six[6] * 16 + six[2] * 8 + six[3] * 4 + six[4] * 2 + six[5]]
      for bit = 3, 0, -1 do out[#out + 1] = math.floor(value / 2 ^ bit) % 2 end
    end
    out = pick(out, P)
    for at = 1, 32 do out[at] = (out[at] + left[at]) % 2 end
    left, right = right, out
  end
  for at = 1, 32 do all[at], all[at + 32] = right[at], left[at] end
  return bytes(pick(all, FP))
end

local schedules = {}
local function keys_of(key)
  if not schedules[key] then
    local left = schedule(key:sub(1, 8))
    schedules[key] = { left, #key > 8 and schedule(key:sub(9, 16)) or left }
  end
  return schedules[key]
end

local function encrypt(block, key)
  local keys = keys_of(key)
  if #key == 8 then return crypt(block, keys[1]) end
  return crypt(crypt(crypt(block, keys[1]), keys[2], true), keys[1])
end

local function decrypt(block, key)
  local keys = keys_of(key)
  if #key == 8 then return crypt(block, keys[1], true) end
  return crypt(crypt(crypt(block, keys[1], true), keys[2]), keys[1], true)
end

local function xor(one, other)
  local made = {}
  for at = 1, #one do made[at] = string.char(bit32.bxor(one:byte(at), other:byte(at))) end
  return table.concat(made)
end

local function hex(data)
  return (data:gsub(".", function(one) return string.format("%02X", one:byte()) end))
end

local ZEROS = string.rep("\0", 8)

local function padded(data)
  return data .. string.rep("\0", -#data % 8)
end

local MACS = {
  ["unionpay-ecb"] = function(data, key)
    local folded = ZEROS
    data = padded(data)
    for at = 1, #data, 8 do folded = xor(folded, data:sub(at, at + 7)) end
    local text = hex(folded)
    local block = xor(encrypt(text:sub(1, 8), key), text:sub(9, 16))
    return hex(encrypt(block, key)):sub(1, 8)
  end,
  ["x9.19"] = function(data, key)
    local left, block = key:sub(1, 8), ZEROS
    data = padded(data)
    for at = 1, #data, 8 do block = encrypt(xor(block, data:sub(at, at + 7)), left) end
    if #key == 16 then block = encrypt(decrypt(block, key:sub(9, 16)), left) end
    return block
  end,
}

local mac = {}

-- The 8 bytes of F64 over data, nil where this Lua cannot compute them.
function mac.compute(algorithm, data, key)
  local make = MACS[algorithm]
  return make and make(data, key)
end

-- The MAK that F62 of an 0810 brings under a TMK, nil if its check value is not the key's.
function mac.opened(f62, tmk)
  if #f62 < 40 then return nil end
  local left, right = f62:sub(21, 28), f62:sub(29, 36)
  local mak = decrypt(left, tmk)
  if right ~= ZEROS then mak = mak .. decrypt(right, tmk) end
  return encrypt(ZEROS, mak):sub(1, 4) == f62:sub(37, 40) and mak or nil
end

return mac
