"""`Decimal(float)` is banned in both packages: it keeps the binary error of the float as if it were meant.

The check reads source, not types: it knows float literals, `float(...)`, arithmetic on them, `math` results,
and names and attributes that the same module annotates as float.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.conftest import REPOSITORY

Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
PACKAGES = ("ttxt_core", "ttxt_tui")


def is_float_annotation(annotation: ast.expr | None) -> bool:
    """Whether an annotation says float: `float`, `float | None`, `Final[float]`, `"float"`."""
    match annotation:
        case ast.Name(id="float") | ast.Constant(value="float"):
            return True
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return is_float_annotation(left) or is_float_annotation(right)
        case ast.Subscript(value=ast.Name(id="Final" | "ClassVar" | "Annotated" | "Optional"), slice=inner):
            return is_float_annotation(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
    return False


class DecimalOfFloat(ast.NodeVisitor):
    """Collects the lines on which `Decimal` is called with what is known to be a float."""

    def __init__(self, tree: ast.Module) -> None:
        self.lines: list[int] = []
        self.constructors = {"Decimal"}
        self.scopes: list[dict[str, bool]] = [{}]
        self.attributes = {
            statement.target.id
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            for statement in node.body
            if isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and is_float_annotation(statement.annotation)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute):
                if is_float_annotation(node.annotation):
                    self.attributes.add(node.target.attr)
            elif isinstance(node, ast.FunctionDef) and is_float_annotation(node.returns):
                self.attributes.add(node.name)
            elif isinstance(node, ast.ImportFrom) and node.module == "decimal":
                self.constructors |= {alias.asname for alias in node.names if alias.name == "Decimal" and alias.asname}

    def is_float(self, node: ast.expr) -> bool:
        match node:
            case ast.Constant(value=float()):
                return True
            case ast.UnaryOp(operand=operand):
                return self.is_float(operand)
            case ast.BinOp(left=left, right=right):
                return self.is_float(left) or self.is_float(right)
            case ast.IfExp(body=body, orelse=orelse):
                return self.is_float(body) or self.is_float(orelse)
            case ast.NamedExpr(value=value):
                return self.is_float(value)
            case ast.Call(func=ast.Name(id="float")):
                return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id="math"), attr=name)):
                return name not in {
                    "ceil",
                    "floor",
                    "trunc",
                    "gcd",
                    "lcm",
                    "isqrt",
                    "comb",
                    "perm",
                    "factorial",
                }
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                return name in self.attributes
            case ast.Name(id=name):
                return next((scope[name] for scope in reversed(self.scopes) if name in scope), False)
            case ast.Attribute(attr=name):
                return name in self.attributes
        return False

    def visit_scope(self, node: Scope) -> None:
        arguments = node.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        self.scopes.append({argument.arg: is_float_annotation(argument.annotation) for argument in named})
        self.generic_visit(node)
        self.scopes.pop()

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_scope  # noqa: N815

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.generic_visit(node)
        if isinstance(node.target, ast.Name):
            self.scopes[-1][node.target.id] = is_float_annotation(node.annotation)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.scopes[-1][target.id] = self.is_float(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        match node.func:
            case ast.Name(id=name):
                banned = name in self.constructors and bool(node.args) and self.is_float(node.args[0])
            case ast.Attribute(value=ast.Name(id="decimal"), attr="Decimal"):
                banned = bool(node.args) and self.is_float(node.args[0])
            case ast.Attribute(value=ast.Name(id=name), attr="from_float"):
                banned = name in self.constructors
            case _:
                banned = False
        if banned:
            self.lines.append(node.lineno)


def banned_lines(source: str) -> list[int]:
    """Lines of `source` that make a Decimal of a float."""
    tree = ast.parse(source)
    finder = DecimalOfFloat(tree)
    finder.visit(tree)
    return finder.lines


def findings() -> Iterator[str]:
    for package in PACKAGES:
        for path in sorted((REPOSITORY / package).rglob("*.py")):
            for line in banned_lines(path.read_text(encoding="utf-8")):
                yield f"{path.relative_to(REPOSITORY)}:{line}"


def test_no_decimal_is_made_of_a_float() -> None:
    assert list(findings()) == []


@pytest.mark.parametrize(
    "source",
    [
        "Decimal(0.1)",
        "Decimal(-0.1)",
        "Decimal(2 * 0.1)",
        "decimal.Decimal(0.1)",
        "Decimal(float(text))",
        "Decimal(math.sqrt(2))",
        "Decimal.from_float(x)",
        "from decimal import Decimal as D\nD(0.1)",
        "def f(price: float): return Decimal(price)",
        "def f(price: float | None = None): return Decimal(price)",
        "async def f(*, price: float): return Decimal(price)",
        "def f():\n    price = float(text)\n    return Decimal(price)",
        "def f():\n    price: float = text\n    return Decimal(price)",
        "class Trade:\n    price: float\n\ndef f(trade): return Decimal(trade.price)",
        "class Book:\n    def mid(self) -> float: ...\n\ndef f(book): return Decimal(book.mid())",
        "class Book:\n    def __init__(self): self.mid: float = 0\n    def f(self): return Decimal(self.mid)",
    ],
)
def test_a_decimal_of_a_float_is_found(source: str) -> None:
    assert banned_lines(source) == [len(source.splitlines())]


@pytest.mark.parametrize(
    "source",
    [
        "Decimal('0.1')",
        "Decimal(1)",
        "Decimal(str(0.1))",
        "Decimal(math.floor(x))",
        "def f(price: str): return Decimal(price)",
        "def f(price: float): return Decimal(repr(price))",
        "def f(price: float): pass\ndef g(price: int): return Decimal(price)",
        "def f(price: float):\n    price = str(price)\n    return Decimal(price)",
    ],
)
def test_an_exact_decimal_is_left_alone(source: str) -> None:
    assert banned_lines(source) == []
