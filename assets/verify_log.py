#!/usr/bin/env python3
"""Verifies an exported countersign log without countersign: verify_log.py [FILE], else standard input.

Exit 0: the chain holds.  5: it does not; the first bad event is named.  65: bad usage, or not such an export."""
import hashlib, json, re, sys
from decimal import Decimal

def canonical(v):  # RFC 8785
    if isinstance(v, dict):  # keys are sorted by UTF-16 code units
        keys = sorted(v, key=lambda k: k.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(canonical(k) + ":" + canonical(v[k]) for k in keys) + "}"
    if isinstance(v, list):
        return "[" + ",".join(map(canonical, v)) + "]"
    if type(v) is int and abs(v) > 2**53 or isinstance(v, float) and not abs(v) < float("inf"):
        raise ValueError("a number that not every reader keeps")
    return number(v) if isinstance(v, float) else json.dumps(v, ensure_ascii=False)

def number(v):  # as ECMAScript writes it: repr has the same digits in another form
    if 1e-6 <= abs(v) < 1e21 or v == 0:
        text = format(Decimal(repr(abs(v))), "f")
        return ("-" if v < 0 else "") + (text.rstrip("0").rstrip(".") if "." in text else text)
    mantissa, exponent = repr(v).split("e")
    return mantissa + "e%+d" % int(exponent)

def framed(tag, *fields):
    return hashlib.sha256(b"".join(len(f).to_bytes(8, "big") + f for f in (tag.encode(), *fields))).digest()

def unhex(text, size=32):
    if not re.fullmatch("[0-9a-f]{%d}" % (2 * size), text):
        raise ValueError("not %d lower-case hexadecimal digits" % (2 * size))
    return bytes.fromhex(text)

def once(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key appears twice")
    return dict(pairs)

FORM = {"seq": int, "store": str, "aggregate": str, "version": int,
        "at": int, "by": str, "assurance": str, "name": str}

def verify(lines):
    head, store, versions, count, redacted = bytes(32), None, {}, 0, 0
    for count, line in enumerate(lines, 1):
        try:
            event = json.loads(line.decode(), object_pairs_hook=once)
            envelope, facts, payload, written = (event.pop(k) for k in ("envelope", "facts", "payload", "hash"))
            proof = event.pop("evidence", None)  # the bytes of the file that the facts name
            kept = proof is None or hashlib.sha256(bytes.fromhex(proof)).hexdigest() == facts["file"]["sha256"]
            if event or {k: type(v) for k, v in envelope.items()} != FORM or type(facts) is not dict:
                raise ValueError("keys or types are not those of an event")
            if payload is not None and set(payload) not in ({"digest"}, {"digest", "salt", "body"}):
                raise ValueError("a payload has digest, salt and body, or only digest")
            commitment, opened = (unhex(payload["digest"]), "salt" in payload) if payload else (b"", False)
            salt, body = (unhex(payload["salt"]), canonical(payload["body"]).encode()) if opened else (b"", b"")
            parts = [canonical(envelope).encode(), canonical(facts).encode(), commitment]
            written, _ = unhex(written), unhex(envelope["store"], 16)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as e:
            return 65, "line %d: not an event: %s" % (count, ascii(e)[:200])
        (seq, of, name, version), store = list(map(envelope.get, FORM))[:4], store or envelope["store"]
        versions[name] = versions.get(name, 0) + 1
        for wrong, what in (
                (seq != count, "its seq is %d" % seq),
                (of != store, "it belongs to another store"),
                (version != versions[name], "version %d of %a, not %d" % (version, name[:80], versions[name])),
                (not kept, "the evidence was changed"),
                (opened and framed("countersign-payload@v1", salt, body) != commitment, "the payload was changed"),
                (framed("countersign-event@v1", head, *parts) != written, "the hash does not match")):
            if wrong:
                return 5, "event %d: %s" % (count, what)
        head, redacted = written, redacted + (payload is not None and not opened)
    said = "%d events, head %s, %d payloads redacted" % (count, head.hex(), redacted)
    return (0, said) if count else (65, "no events: an empty input proves nothing")

if __name__ == "__main__":
    code, said = 65, __doc__
    try:
        if len(sys.argv) < 3:
            code, said = verify(open(sys.argv[1], "rb") if sys.argv[1:] else sys.stdin.buffer)
    except OSError as e:
        code, said = 65, ascii(e)
    print(said, file=sys.stderr if code == 65 else sys.stdout)
    sys.exit(code)
