#!/usr/bin/env python3
"""Writes the seeds of fuzz/ and of fuzz_corpus_test.cpp beside this file.

Python's own pickler writes them, with stand-ins for the classes of PyTorch and Ultralytics, so the
readers meet every protocol as it really is. Run it after changing it; the output is deterministic.
"""
import collections
import io
import json
import pathlib
import pickle
import struct
import sys
import types
import zipfile

HERE = pathlib.Path(__file__).parent


def stand_in(path, base=object):
    """An importable class or function of that name, which pickle refers to by name only."""
    module_name, name = path.rsplit(".", 1)
    parts = module_name.split(".")
    for i in range(len(parts)):
        sys.modules.setdefault(".".join(parts[: i + 1]), types.ModuleType(".".join(parts[: i + 1])))
    made = type(name, (base,), {"__module__": module_name})
    setattr(sys.modules[module_name], name, made)
    return made


DetectionModel = stand_in("ultralytics.nn.tasks.DetectionModel")
Sequential = stand_in("torch.nn.modules.container.Sequential")
Conv = stand_in("ultralytics.nn.modules.conv.Conv")
Conv2d = stand_in("torch.nn.modules.conv.Conv2d")
BatchNorm2d = stand_in("torch.nn.modules.batchnorm.BatchNorm2d")
LeakyReLU = stand_in("torch.nn.modules.activation.LeakyReLU")
Detect = stand_in("ultralytics.nn.modules.head.Detect")
FloatStorage = stand_in("torch.FloatStorage")
HalfStorage = stand_in("torch.HalfStorage")
LongStorage = stand_in("torch.LongStorage")
rebuild_tensor = stand_in("torch._utils._rebuild_tensor_v2")
rebuild_parameter = stand_in("torch._utils._rebuild_parameter")


class Storage:
    def __init__(self, kind, key, count):
        self.record = ("storage", kind, key, "cpu", count)


class Tensor:
    def __init__(self, storage, offset, shape, strides):
        self.arguments = (storage, offset, shape, strides, False, collections.OrderedDict())

    def __reduce__(self):
        return rebuild_tensor, self.arguments


class Parameter:
    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce__(self):
        return rebuild_parameter, (self.tensor, True, collections.OrderedDict())


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return value.record if isinstance(value, Storage) else None



def pickled(value, protocol):
    out = io.BytesIO()
    Pickler(out, protocol).dump(value)
    return out.getvalue()


def module(kind, parameters=None, buffers=None, modules=None, **attributes):
    made = kind()
    made.__dict__.update(
        training=False,
        _parameters=collections.OrderedDict(parameters or {}),
        _buffers=collections.OrderedDict(buffers or {}),
        _non_persistent_buffers_set={"scratch"},
        _modules=collections.OrderedDict(modules or {}),
        **attributes,
    )
    return made


def tiny_checkpoint(averaged=False):
    small = Storage(HalfStorage, "0", 8)
    large = Storage(FloatStorage, "1", 16)
    nothing = Storage(LongStorage, "2", 0)
    conv = module(Conv2d, {"weight": Parameter(Tensor(large, 0, (2, 2, 2, 2), (1, 2, 4, 8))), "bias": None})
    norm = module(
        BatchNorm2d,
        {"weight": Parameter(Tensor(small, 0, (2,), (1,)))},
        {"running_mean": Tensor(small, 2, (2,), (3,)), "scratch": Tensor(nothing, 0, (0,), (1,))},
        eps=0.001,
    )
    act = module(LeakyReLU, negative_slope=0.1, inplace=True)
    block = module(Conv, modules={"conv": conv, "bn": norm, "act": act}, f=-1, i=0)
    head = module(Detect, nc=2, reg_max=16, f=[0], i=1)
    model = module(
        DetectionModel,
        modules={"model": module(Sequential, modules={"0": block, "1": head})},
        names={0: "cup", 1: "Käse"},
        stride=Tensor(large, 4, (3,), (1,)),
        yaml={"nc": 2, "scale": "n", "yaml_file": "a/b/tiny-n.yaml"},
    )
    return {
        "epoch": 3,
        "model": None if averaged else model,
        "ema": model if averaged else None,
        "train_args": {"lr0": 0.01, "epochs": 3, "cos_lr": False, "data": "tiny.yaml", "time": None},
        "date": "2024-01-02T03:04:05",
        "license": "CC0",
        "big": 1 << 70,
    }


def archive(pickle_bytes, method, extra=()):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        entries = [
            ("tiny/data.pkl", pickle_bytes),
            *extra,
            ("tiny/data/0", struct.pack("<8e", *range(8))),
            ("tiny/data/1", struct.pack("<16f", *range(16))),
            ("tiny/data/2", b""),
            ("tiny/version", b"3\n"),
        ]
        for name, data in entries:
            file.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def safetensors(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def save(target, name, data):
    assert len(data) < 4096, (target, name, len(data))
    folder = HERE / target
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)


def main():
    every_type = {"__metadata__": {"gondola.classes": '["cup"]', "note": "\u00e4\n"}}
    offset = 0
    for dtype, size in [("F64", 8), ("F32", 4), ("F16", 2), ("BF16", 2), ("I64", 8), ("I32", 4),
                        ("I16", 2), ("I8", 1), ("U8", 1), ("BOOL", 1)]:
        every_type[dtype.lower()] = tensor(dtype, [2, 1], offset, offset + 2 * size)
        offset += 2 * size
    save("fuzz_safetensors", "every_type", safetensors(every_type, bytes(range(offset))))
    save("fuzz_safetensors", "nothing", safetensors({}))
    save("fuzz_safetensors", "padded", safetensors(b'{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}    ', b"x"))
    save("fuzz_safetensors", "empty_tensor", safetensors({"a": tensor("F32", [0, 3], 0, 0), "b": tensor("I8", [2], 0, 2)}, b"xy"))
    save("fuzz_safetensors", "hole", safetensors({"a": tensor("U8", [1], 1, 2)}, b"xy"))
    save("fuzz_safetensors", "too_large", safetensors({"a": tensor("F64", [1 << 31, 1 << 31], 0, 8)}, b"01234567"))

    loop = [1]
    loop.append(loop)
    values = {
        "numbers": [0, 255, 256, 65536, -1, 1 << 40, -(1 << 63), 1 << 63, 0.5, True, False, None],
        "text": ["", "a", "\u00fc" * 90, "x" * 300, b"", b"\x00\xff", b"y" * 300, bytearray(b"z")],
        "containers": [[], (), {}, set(), {1, 2}, frozenset([3]), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "loop": loop,
        "ordered": collections.OrderedDict(a=1, b=[2]),
        "object": module(Conv, f=-1),
    }
    for protocol in (2, 3, 4, 5):
        save("fuzz_pickle", f"values_{protocol}", pickled(values, protocol))
    save("fuzz_pickle", "nested", b"\x80\x02" + b"]" * 400 + b"a" * 399 + b".")
    save("fuzz_pickle", "stack", b"\x80\x02(]2(K\x010K\x02e1.")

    for protocol in (2, 4):
        save("fuzz_checkpoint", f"pickle_{protocol}", pickled(tiny_checkpoint(), protocol))
    state_dict = collections.OrderedDict(
        a=Tensor(Storage(FloatStorage, "1", 16), 1, (3, 5), (5, 1)),
        b=Tensor(Storage(HalfStorage, "0", 8), 0, (), ()),
        c=Tensor(Storage(HalfStorage, "0", 8), 1, (4, 2), (0, 1)),
    )
    save("fuzz_checkpoint", "state_dict", pickled(state_dict, 2))
    save("fuzz_checkpoint", "stored.pt", archive(pickled(tiny_checkpoint(), 2), zipfile.ZIP_STORED))
    save("fuzz_checkpoint", "deflated.pt",
         archive(pickled(tiny_checkpoint(averaged=True), 4), zipfile.ZIP_DEFLATED, [("tiny/byteorder", b"little")]))
    save("fuzz_checkpoint", "state_dict.pt", archive(pickled(state_dict, 2), zipfile.ZIP_STORED))


if __name__ == "__main__":
    main()
