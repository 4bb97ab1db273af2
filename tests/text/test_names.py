"""The name under which a user finds an object."""

from __future__ import annotations

from albert_lab.text.names import Names, is_public
from albert_lab.text.source import ModuleSource


def module(name, *, package=False, defined=(), imports=None, stars=(), exports=None):
    return ModuleSource(
        name, package, list(exports) if exports else None, list(defined), [], dict(imports or {}), list(stars)
    )


def names(*modules, **options):
    return Names({source.name: source for source in modules}, **options)


def test_is_public():
    assert is_public("a.b.C.d")
    assert not is_public("a._b.C")
    assert not is_public("a.C.__init__")


def test_a_re_export_from_a_private_module_is_the_name():
    found = names(
        module("p", package=True),
        module("p.linear", package=True, imports={"Fit": "p.linear._fit.Fit"}, exports=["Fit"]),
        module("p.linear._fit", defined=["Fit", "Fit.run", "Fit._inner", "helper", "_hidden"]),
    )
    assert found.of("p.linear._fit", "Fit") == "p.linear.Fit"
    assert found.of("p.linear._fit", "Fit.run") == "p.linear.Fit.run"
    assert found.of("p.linear._fit", "Fit._inner") is None
    assert found.of("p.linear._fit", "helper") is None
    assert found.of("p.linear._fit", "") is None
    assert found.of("p.linear", "") == "p.linear"


def test_the_shortest_public_name_wins():
    found = names(
        module("p", package=True, stars=["p.models"]),
        module("p.models", package=True, stars=["p.models.albert"]),
        module("p.models.albert", package=True, stars=["p.models.albert.modeling"]),
        module("p.models.albert.modeling", defined=["Model", "Inner"], exports=["Model"]),
    )
    assert found.of("p.models.albert.modeling", "Model") == "p.Model"
    assert found.of("p.models.albert.modeling", "Inner") == "p.models.albert.modeling.Inner"


def test_what_a_module_only_uses_is_not_its_own():
    found = names(
        module("p", package=True),
        module("p.user", defined=["f"], imports={"tool": "p.toolbox.tool", "inner": "p._inner.inner"}),
        module("p.toolbox", defined=["tool"]),
        module("p._inner", defined=["inner"]),
        module("a", defined=["g"], imports={"tool": "p.toolbox.tool"}),
    )
    assert found.of("p.toolbox", "tool") == "p.toolbox.tool"
    assert found.of("p._inner", "inner") is None


def test_a_module_that_only_passes_on_is_a_face():
    found = names(module("p.io", imports={"Npz": "p._io.Npz"}), module("p._io", defined=["Npz"]))
    assert found.of("p._io", "Npz") == "p.io.Npz"


def test_a_name_that_getattr_fetches_lazily():
    found = names(
        module("p", package=True, exports=["Pool"], defined=["__getattr__"]),
        module("p.pools", package=True),
        module("p.pools.threads", defined=["Pool"]),
    )
    assert found.of("p.pools.threads", "Pool") == "p.Pool"


def test_hidden_modules_and_what_was_seen_at_run_time():
    found = names(
        module("posixpath", defined=["join"]),
        module("random", defined=["Random", "Random.choice", "choice"]),
        hidden=frozenset({"posixpath"}),
        known={"posixpath.join": "os.path.join", "random.Random.choice": "random.choice"},
    )
    assert found.of("posixpath", "join") == "os.path.join"
    assert found.of("posixpath", "") is None
    assert found.of("random", "Random.choice") == "random.choice"


def test_circles_of_imports_end():
    found = names(
        module("p", package=True, imports={"x": "p.q.x"}, stars=["p.q"]),
        module("p.q", imports={"x": "p.x"}, stars=["p"], defined=["y"]),
    )
    assert found.resolve("p.x") is None
    assert found.resolve("p.y") == "p.q.y"
    assert found.of("p.q", "y") == "p.y"


def test_resolve_reaches_into_classes_and_modules():
    found = names(
        module("p", package=True, imports={"K": "p._k.K", "inner": "p._k"}),
        module("p._k", defined=["K", "K.m"]),
    )
    assert found.resolve("p.K.m") == "p._k.K.m"
    assert found.resolve("p.inner.K") == "p._k.K"
    assert found.resolve("elsewhere.f") is None
    assert found.home("p._k.K.m") == ("p._k", "K.m")
