"""Lets a part of a package be imported without all that the package asks for.

missing(names..): modules of these names, and below them, are empty; what is imported from them is a class that does nothing.
bare(package): the package's own __init__ is not run; its modules can be imported.
"""

import importlib.util
import os
import sys
import types


class Empty(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"BLOCK_INDEX_BY_DIM": {}})


class Finder:
    def __init__(self, names):
        self.names = names

    def find_spec(self, name, path=None, target=None):
        if any(name == n or name.startswith(n + ".") for n in self.names):
            return importlib.util.spec_from_loader(name, self)
        return None

    def create_module(self, spec):
        return Empty(spec.name)

    def exec_module(self, module):
        pass


def missing(*names):
    sys.meta_path.insert(0, Finder(names))


def bare(package):
    module = sys.modules[package] = types.ModuleType(package)
    parts = package.split(".")
    module.__path__ = [os.path.join(p, *parts) for p in sys.path if os.path.isdir(os.path.join(p, *parts))]
    if len(parts) > 1:
        setattr(sys.modules[".".join(parts[:-1])], parts[-1], module)
