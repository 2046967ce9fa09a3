#!/usr/bin/env python3
"""Restores a dump from a Holdfast vault without Holdfast. Written from docs/formats/vault.md alone.
    restore.py VAULT KEY                    lists the dumps
    restore.py VAULT KEY MANIFEST > x.tar   writes the dump: the exact bytes, a tar archive as a rule

KEY is one of --passphrase-file FILE, --key-file FILE, --paper-key-file FILE.
Everything is authenticated before it is used; what is not right ends the program with a message and status 1.
Needs Python 3.8, libcrypto.so.3 (OpenSSL 3) and libzstd.so.1. BLAKE3 and CRC-32C are here, and slow.
"""
import argparse, ctypes, functools, hashlib, hmac, json, os, re, struct, sys, unicodedata

MIB = 1 << 20
BLOCK_MAX, TRAILER_MAX, OBJECT_MAX = 5 * MIB, 40 * MIB, 256 * MIB
crypto, zstd = ctypes.CDLL("libcrypto.so.3"), ctypes.CDLL("libzstd.so.1")
crypto.EVP_CIPHER_CTX_new.restype = crypto.EVP_aes_256_gcm.restype = ctypes.c_void_p
zstd.ZSTD_decompress.restype = ctypes.c_size_t

class Damaged(Exception): ...

def need(condition, what):
    if not condition:
        raise Damaged(what)
def open_gcm(key, nonce, aad, sealed, what):
    need(len(sealed) >= 16, f"{what} is cut short")
    body, tag, n = sealed[:-16], sealed[-16:], ctypes.c_int(0)
    out, end = ctypes.create_string_buffer(len(body) + 16), ctypes.create_string_buffer(16)
    context, size = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new()), ctypes.byref(n)
    good = (crypto.EVP_DecryptInit_ex(context, ctypes.c_void_p(crypto.EVP_aes_256_gcm()), None, key, nonce) == 1
            and crypto.EVP_DecryptUpdate(context, None, size, aad, len(aad)) == 1 and crypto.EVP_DecryptUpdate(context, out, size, body, len(body)) == 1
            and crypto.EVP_CIPHER_CTX_ctrl(context, 0x11, 16, tag) == 1 and crypto.EVP_DecryptFinal_ex(context, end, size) == 1)  # 0x11: set the tag
    crypto.EVP_CIPHER_CTX_free(context)
    need(good, f"{what} is not what was written: its seal is broken")
    return out.raw[:len(body)]
def unzstd(data, size, what):
    out = ctypes.create_string_buffer(max(1, size))
    need(zstd.ZSTD_decompress(out, ctypes.c_size_t(size), data, ctypes.c_size_t(len(data))) == size, f"{what} cannot be uncompressed")
    return out.raw[:size]
def hkdf(master, salt, info):
    return hmac.new(hmac.new(salt or bytes(32), master, hashlib.sha256).digest(), info + b"\1", hashlib.sha256).digest()

CRC_TABLE = list(range(256))
for _ in range(8):
    CRC_TABLE = [word >> 1 ^ (0x82F63B78 if word & 1 else 0) for word in CRC_TABLE]
def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF
IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
ORDER = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
MIXES = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
CHUNK_START, CHUNK_END, PARENT, ROOT, KEYED = 1, 2, 4, 8, 16

def blake3_compress(chain, block, counter, size, flags):
    v, m, M = [*chain, *IV[:4], counter & 0xFFFFFFFF, counter >> 32, size, flags], block, 0xFFFFFFFF
    rotate = lambda word, count: (word >> count | word << 32 - count) & M
    for turn in range(7):
        for at, (a, b, c, d) in enumerate(MIXES):
            va, vb, vc, vd = v[a], v[b], v[c], v[d]
            for word, down, up in ((m[2 * at], 16, 12), (m[2 * at + 1], 8, 7)):
                vd = rotate(vd ^ (va := (va + vb + word) & M), down)
                vb = rotate(vb ^ (vc := (vc + vd) & M), up)
            v[a], v[b], v[c], v[d] = va, vb, vc, vd
        m = [m[i] for i in ORDER]
    return [v[i] ^ v[i + 8] for i in range(8)]
def blake3_keyed(key, data):
    """32 bytes: leaves of 1024 bytes, a binary tree above them whose left sides are full."""
    key_words = struct.unpack("<8I", key)
    def leaf(start, last):
        chain, end = list(key_words), min(start + 1024, len(data))
        for at in range(start, max(end, start + 1), 64):
            piece = data[at:min(at + 64, end)]
            flags = KEYED | (CHUNK_START if at == start else 0) | ((CHUNK_END | last) if at + 64 >= end else 0)
            chain = blake3_compress(chain, struct.unpack("<16I", piece.ljust(64, b"\0")), start >> 10, len(piece), flags)
        return chain
    def node(start, count, last):
        left = 1 << ((count - 1).bit_length() - 1) if count > 1 else 0
        both = node(start, left, 0) + node(start + left * 1024, count - left, 0) if left else []
        return blake3_compress(list(key_words), both, 0, 64, KEYED | PARENT | last) if left else leaf(start, last)
    return struct.pack("<8I", *node(0, max(1, (len(data) + 1023) // 1024), ROOT))

def paper_key(text):
    symbols = re.sub(r"[\s-]", "", text.upper()).replace("O", "0").replace("I", "1").replace("L", "1")
    digits, value = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 0
    need(len(symbols) == 64, "the paper key does not have 64 symbols")
    for group in range(8):
        part, check = symbols[group * 8:group * 8 + 7], symbols[group * 8 + 7]
        need(digits[hashlib.sha256(f"{group}{part}".encode()).digest()[0] % 32] == check, f"group {group + 1} of the paper key is mistyped")
        value = functools.reduce(lambda sum, symbol: sum * 32 + digits.index(symbol), part, value)
    raw = value.to_bytes(35, "big")
    need(raw[0] == 1 and hashlib.sha256(b"holdfast paper key" + raw[1:33]).digest()[:2] == raw[33:], "the paper key is mistyped")
    return raw[1:33]

def from_slots(root, vault_id, args):
    for name in sorted(name for name in os.listdir(os.path.join(root, "keys")) if not name.endswith(".tmp")):
        slot = json.loads(read(root, "keys", name))
        salt, label = bytes.fromhex(slot["salt"]), slot["label"].encode()
        if slot["kdf"] == "file" and args.key_file:
            kek = hkdf(read(args.key_file), salt, b"holdfast key file")
        elif slot["kdf"] == "scrypt" and args.passphrase_file:
            secret = unicodedata.normalize("NFKC", read(args.passphrase_file).decode().rstrip("\n")).encode()
            need(slot["n"] <= 1 << 20 and slot["r"] <= 8 and slot["p"] <= 4, "a key slot costs too much")
            kek = hashlib.scrypt(secret, salt=salt, n=slot["n"], r=slot["r"], p=slot["p"], maxmem=(1 << 30) + (1 << 26), dklen=32)
        else:
            continue
        aad = b"HFSLOT01" + vault_id + struct.pack("<H", len(name.encode())) + name.encode() + struct.pack("<H", len(label)) + label
        try:
            return open_gcm(kek, bytes.fromhex(slot["nonce"]), aad, bytes.fromhex(slot["wrapped"]), name)
        except Damaged:
            continue
    raise Damaged("no key slot opens with this key")
def read(*path):
    with open(os.path.join(*path), "rb") as file:
        need(os.fstat(file.fileno()).st_size <= OBJECT_MAX + MIB, f"{file.name} is too large")
        return file.read()

def tar_header(path, fields, link, rest, records):
    def block(name, fields, link, rest, prefix):
        head = name.ljust(100, b"\0") + fields[:48] + b" " * 8 + fields[48:] + link.ljust(100, b"\0") + (rest.ljust(88, b"\0") + prefix if prefix else rest)
        return head[:148] + b"%06o\0 " % sum(head) + head[156:].ljust(356, b"\0")
    can_split = len(rest) <= 88 and len(path) <= 256
    slashes = [at for at in range(max(1, len(path) - 101), min(155, len(path) - 2) + 1) if path[at] == 47] if len(path) > 100 and can_split else []
    if len(path) > 100 and not slashes or not all(0 < byte < 128 for byte in path):
        size = next(size for size in range(len(path) + 8, len(path) + 18) if size == len(path) + 7 + len(str(size)))
        records = b"%d path=%s\n" % (size, path) + records
    name = path[slashes[0] + 1:] if slashes else path[:99] if len(path) > 100 and path[99] == 47 else path[:100]
    own = block(name, fields, link, rest, path[:slashes[0]] if slashes else b"")
    extended = block(b"././@PaxHeader", b"0000644\x000000000\x000000000\0%011o\x0000000000000\0x" % len(records), b"", b"ustar\x0000", b"")
    return (extended + records + bytes(-len(records) % 512) if records else b"") + own

class Vault:
    def __init__(self, root, args):
        self.root = root
        text, seal = read(root, "config").decode().split("\n")[:2]
        config = json.loads(text)
        need(config["format"] == "holdfast-vault" and config["version"] == 1, "this is no vault of version 1")
        self.id = bytes.fromhex(config["id"])
        self.master = paper_key(read(args.paper_key_file).decode()) if args.paper_key_file else from_slots(root, self.id, args)
        key = hkdf(self.master, b"", b"holdfast vault config")
        need(hmac.compare_digest(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), seal), "the key is another vault's, or config was changed")
        self.packs, self.manifests, self.places, self.block = {}, {}, {}, (None, b"")
        self.read_ledger()
    def open_object(self, kind, name, sealed):
        need(sealed[:9] == b"HFSEAL01" + bytes([kind]) and len(sealed) >= 58, f"{name} is something else")
        key = hkdf(self.master, sealed[9:41], b"holdfast object" + bytes([kind]) + self.id + name.encode())
        plain = open_gcm(key, bytes(12), sealed[:41], sealed[41:], name)
        size = struct.unpack_from("<I", plain, 1)[0] if plain[0] else 0
        need(plain[0] <= 1 and size <= OBJECT_MAX, f"{name} has contents that cannot be")
        return unzstd(plain[5:], size, name) if plain[0] else plain[1:]
    def read_ledger(self, steps=()):
        names = sorted(name for name in os.listdir(os.path.join(self.root, "ledger")) if re.fullmatch("[0-9a-f]{16}", name))
        for name in reversed(names):
            sealed = read(self.root, "ledger", name)
            step = json.loads(self.open_object(2, name, sealed))
            need(step["version"] == 1 and step["seq"] == int(name, 16), f"step {name} of the ledger is another")
            steps = [(step, hashlib.sha256(sealed).hexdigest()), *steps]
            if step["action"]["kind"] == "checkpoint":
                break
        need(steps, "the ledger is empty")
        self.last = steps[-1][0]["seq"]
        need(step["action"]["kind"] == "checkpoint" or (step["seq"] == 1 and step["previous"] == "0" * 64), "the beginning of the ledger is missing")
        for (before, digest), (after, _) in zip(steps, steps[1:]):
            need(after["seq"] == before["seq"] + 1 and after["previous"] == digest, f"the ledger has a gap at {after['seq']}")
        for step, _ in steps:
            action = step["action"]
            source = action.get("state", action)
            self.packs.update((pack["id"], pack) for pack in source.get("packs", []))
            kind = action["kind"]
            for each in source["manifests"] if kind == "checkpoint" else [action["manifest"]] if kind == "commit" else []:
                self.manifests[each["name"]] = each
            for gone in action["manifests"] if kind == "remove" else []:
                self.manifests.pop(gone["name"], None)
            for gone in action.get("removedPacks", []):
                self.packs.pop(gone, None)
    def manifest(self, name):
        need(name in self.manifests, f"the vault lists no dump {name}")
        sealed = read(self.root, "manifests", name)
        need(hashlib.sha256(sealed).hexdigest() == self.manifests[name]["sha256"], f"manifest {name} is not the one that the ledger names")
        plain = self.open_object(1, name, sealed)
        size = struct.unpack_from("<I", plain)[0]
        facts, at, entries = json.loads(plain[4:4 + size]), 4 + size, []
        while at < len(plain):
            *entry, size = struct.unpack_from("<32sIQIH", plain, at)
            entries.append((*entry, plain[at + 50:at + 50 + size]))
            at += 50 + size
        need(facts["version"] == 1 and at == len(plain) and facts["ledgerSeq"] <= self.last, f"manifest {name} is of another version, cut, or newer than the ledger")
        return facts, entries
    def read_trailers(self, domain):
        """Notes of each id of the domain where it lies."""
        for pack_id, pack in ((pack_id, pack) for pack_id, pack in self.packs.items() if pack["domain"] == domain):
            path, raw_id = f"packs/{pack_id[:2]}/{pack_id}", bytes.fromhex(pack_id)
            with open(os.path.join(self.root, path), "rb") as file:
                head = file.read(72)
                file.seek(-24, os.SEEK_END)
                end, footer = file.tell() + 24, file.read(24)
                offset, sealed_size, size, magic = struct.unpack("<QII8s", footer)
                need(head[:40] == b"HFPACK01" + self.id + raw_id and magic == b"HFPKEND1", f"{path} is no pack of this vault, or another")
                need(offset + sealed_size + 24 == end and sealed_size <= TRAILER_MAX + 16 and size <= TRAILER_MAX, f"{path} has no trailer")
                file.seek(offset)
                sealed = file.read(sealed_size)
            need(hashlib.sha256(sealed + footer).hexdigest() == pack["sha256"], f"{path} is not the pack that the ledger names")
            key = hkdf(self.master, head[40:], b"holdfast pack" + self.id + raw_id)
            plain = self.open_block(path, key, raw_id, 0xFFFFFFFF, 2, 1 if sealed_size - 16 < size else 0, size, sealed)
            at = 2 + struct.unpack_from("<H", plain)[0]
            need(plain[2:at].decode() == domain, f"{path} is of another domain")
            blocks, at = struct.unpack_from("<I", plain, at)[0], at + 4
            for _ in range(blocks):
                number, block_at, block_size, kind, compression, bytes_, count = struct.unpack_from("<IQIBBII", plain, at)
                need(bytes_ <= BLOCK_MAX and block_size <= BLOCK_MAX + 16, f"{path} has a block that is too large")
                ids, at = plain[at + 26:at + 26 + 32 * count], at + 26 + 36 * count
                start, block = 0, (path, key, raw_id, number, kind, compression, bytes_, block_at, block_size)
                for index, length in enumerate(struct.unpack_from(f"<{count}I", plain, at - 4 * count)):
                    self.places[ids[32 * index:32 * index + 32]] = (block, start, length)
                    start += length
    def open_block(self, path, key, raw_id, number, kind, compression, size, sealed):
        aad = b"HFBLOCK1" + self.id + raw_id + struct.pack("<IBBI", number, kind, compression, size)
        plain = open_gcm(key, bytes(8) + struct.pack("<I", number), aad, sealed, f"block {number} of {path}")
        plain = unzstd(plain, size, path) if compression == 1 else plain
        need(len(plain) == size, f"block {number} of {path} has another length")
        return plain
    def segment(self, key, segment_id):
        need(segment_id in self.places, f"segment {segment_id.hex()} is missing")
        block, start, length = self.places[segment_id]
        if self.block[0] != block:
            with open(os.path.join(self.root, block[0]), "rb") as file:
                file.seek(block[7])
                self.block = (block, self.open_block(*block[:7], file.read(block[8])))
        data = self.block[1][start:start + length]
        need(len(data) == length and blake3_keyed(key, data) == segment_id, f"segment {segment_id.hex()} has other bytes")
        return data
    def restore(self, name, write):
        facts, entries = self.manifest(name)
        self.read_trailers(facts["domain"])
        key = hkdf(self.master, self.id, b"holdfast id" + facts["domain"].encode())
        whole, total = 0, 0
        for entry_id, size, native, crc, directory in entries:
            recipe, part, made = self.segment(key, entry_id), 0, 0
            need(len(recipe) == size, "a piece of the recipe has another length")
            for piece in self.pieces(key, recipe, directory):
                part, whole, made = crc32c(piece, part), crc32c(piece, whole), made + len(piece)
                need(made <= native, "a piece of the recipe makes too much")
                write(piece)
            need(made == native and part == crc, "a part of the dump has another checksum")
            total += native
        need(total == facts["nativeBytes"] and f"{whole:08x}:{total}" == facts["nativeCrc"], "the dump has another checksum")
    def pieces(self, key, recipe, directory):
        at = 0
        def number():
            nonlocal at
            digits = re.compile(rb"[\x80-\xff]{0,7}[\x00-\x7f]").match(recipe, at)
            need(digits, "a recipe ends in a number")
            at = digits.end()
            return functools.reduce(lambda value, digit: value << 7 | digit & 127, reversed(digits[0]), 0)
        while at < len(recipe):
            code, at = recipe[at], at + 1
            if code == 1:
                size = number()
                at += size
                yield recipe[at - size:at]
            elif code == 2:
                left = number()
                yield from (bytes(min(left - done, MIB)) for done in range(0, left, MIB))
            elif code == 3:
                segment_id, at = recipe[at:at + 32], at + 32
                size = number()
                data, at = self.segment(key, segment_id), at + 4
                need(len(data) == size and crc32c(data) == struct.unpack_from("<I", recipe, at - 4)[0], "a segment has another checksum")
                yield data
            elif code == 5:
                (up, size), at, names = struct.unpack_from("<BH", recipe, at), at + 3, re.findall(b"[^/]*/", directory)
                need(up <= len(names) or up == 255, "a recipe has a directory above the first")
                directory, at = b"".join(names[:max(0, len(names) - up)] if up < 255 else []) + recipe[at:at + size], at + size
            elif code == 6:
                name, records, link, rest = struct.unpack_from("<HHBB", recipe, at)
                path, *parts = struct.unpack_from(f"<6x{name}s49s{link}s{rest}s{records}s", recipe, at)
                yield tar_header(directory + path, *parts)
                at += 55 + name + link + rest + records
            else:
                need(code == 4, f"a recipe has no operation {code}")

def main():
    parser = argparse.ArgumentParser(description="Restores a dump from a Holdfast vault.")
    key = parser.add_mutually_exclusive_group(required=True)
    for option in ("--passphrase-file", "--key-file", "--paper-key-file"):
        key.add_argument(option)
    parser.add_argument("vault")
    parser.add_argument("manifest", nargs="?")
    args = parser.parse_intermixed_args()
    vault = Vault(args.vault, args)
    if args.manifest:
        return vault.restore(args.manifest, sys.stdout.buffer.write)
    for name in vault.manifests:
        facts = vault.manifest(name)[0]
        print(name, facts["run"], facts["host"], facts["disk"], "level", facts["level"], facts["nativeBytes"], "bytes")

if __name__ == "__main__":
    try:
        main()
    except (Damaged, OSError, ValueError, KeyError, IndexError, struct.error) as error:
        sys.exit(f"restore.py: {error}")
