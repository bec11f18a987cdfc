"""The settings and their file. Every setting has a default, so that no file is needed.

Owns the structs, where the file lies and what is said of a bad value. It must not act on any setting.
"""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct, field
from platformdirs import user_config_path, user_data_path

from ttxt_core.connectors.config import Hosts, with_names
from ttxt_core.errors import ConfigError
from ttxt_core.orders.cost_basis import CostMethod
from ttxt_core.web.secrets import Secret, secret_in
from ttxt_tui.config.alerts import AlertSettings
from ttxt_tui.config.brackets import BRACKETS, Bracket
from ttxt_tui.config.ladder import Ladder

APP_NAME: Final = "ttxt"
PRESET_COUNT: Final = 5


def _above_zero(name: str, value: Decimal | None) -> None:
    if value is not None and not (value.is_finite() and value > 0):
        raise ValueError(f"{name} is {value}; expected a number above zero")


class Screen(Struct, frozen=True, forbid_unknown_fields=True):
    """`[screen]`: how it looks."""

    theme: str | None = None
    """A theme's name; None chooses by the terminal (`no-color` under NO_COLOR, else `ttxt-dark`)."""

    frames_per_second: Annotated[float, Meta(ge=1, le=30)] = 20.0
    """How often the screen is painted."""

    glyphs: str | None = None
    """Blocks of the chart: `octant`, `sextant`, `quadrant`, `half` or `ascii`; None chooses by the terminal."""


class Keys(Struct, frozen=True, forbid_unknown_fields=True):
    """`[keys]`: the keyboard."""

    preset: str = "qwerty"
    """`qwerty`, `qwertz` or `azerty`."""

    bind: dict[str, list[str]] = {}
    """Action id → its keys, instead of the preset's."""


class Sizes(Struct, frozen=True, forbid_unknown_fields=True):
    """`[sizes]`: what the keys 1-5 mean."""

    notional: Annotated[list[Decimal], Meta(min_length=PRESET_COUNT, max_length=PRESET_COUNT)] = field(
        default_factory=lambda: [Decimal(n) for n in (500, 1000, 2500, 5000, 10000)]
    )
    """Five sizes in quote currency, rounded to lots at the current price."""

    by_pair: dict[str, Annotated[list[Decimal], Meta(min_length=PRESET_COUNT, max_length=PRESET_COUNT)]] = {}
    """`BASE/QUOTE` → five sizes in base currency, instead."""

    def __post_init__(self) -> None:
        for size in self.notional:
            _above_zero("notional", size)
        for pair, sizes in self.by_pair.items():
            if "/" not in pair or pair != pair.upper():
                raise ValueError(f"by_pair.{pair} names no pair; expected one like BTC/USDT")
            for size in sizes:
                _above_zero(f"by_pair.{pair}", size)


class Trading(Struct, frozen=True, forbid_unknown_fields=True):
    """`[trading]`: how orders are made."""

    take_cap_ticks: Annotated[int, Meta(ge=0, le=1000)] = 20
    """How far past the touch a take may go before it stops."""

    staged_seconds: Annotated[float, Meta(gt=0, le=600)] = 15.0
    """A staged order is dropped after this long."""

    stale_seconds: Annotated[float, Meta(gt=0, le=600)] = 10.0
    """Entries are refused when the book is older than this."""

    onekey_max: Decimal | None = None
    """The most, in quote currency, that one key may send in one-key mode; None: with real orders there is no such mode,
    with simulated ones the limit of an order counts."""

    cost: CostMethod = CostMethod.AVERAGE
    """How entry and realised profit are counted from fills: `average` or `fifo`."""

    brackets: dict[str, Bracket] = field(default_factory=lambda: dict(BRACKETS))
    """Name → the exits that entries take along while that bracket is chosen: `stop` and `target`, each so far from the
    entry: `20t`, `15bp` or `0.5%`."""

    def __post_init__(self) -> None:
        _above_zero("onekey_max", self.onekey_max)


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """`[limits]`: what an entry may not exceed. In quote currency where it is money.

    With simulated orders, `ttxt_tui.config.limits` has what holds where nothing is set; real orders need all of it.
    """

    order_quantity: dict[str, Decimal] = {}
    """`BASE/QUOTE` → of one order, in base currency."""

    order_notional: Decimal | None = None
    position_notional: Decimal | None = None
    price_band: Decimal | None = None
    """Fraction that a limit price may lie from the touch."""
    leverage: Decimal | None = None
    """Worth of all positions, if every entry filled, over the account's equity. Not on spot."""
    liquidation_distance: Decimal | None = None
    """Fraction of the mark: a position that is nearer to its liquidation is not added to. Not on spot."""
    orders_per_second: Annotated[int, Meta(gt=0)] | None = None
    daily_loss: Decimal | None = None
    """Of a UTC day: realised, unrealised, fees and funding."""
    require_stop: bool = False
    """An entry must carry a stop loss, or a protective stop must stand."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, Decimal):
                _above_zero(name, value)
        for pair, quantity in self.order_quantity.items():
            _above_zero(f"order_quantity.{pair}", quantity)


class Live(Struct, frozen=True, forbid_unknown_fields=True):
    """`[live]`: when real orders are concerned."""

    disarm_after_minutes: Annotated[float, Meta(gt=0, le=240)] = 15.0
    """Minutes without a key after which entries are cancelled and refused."""


class Practice(Struct, frozen=True, forbid_unknown_fields=True):
    """`[practice]`: the simulated market."""

    seed: int | None = None
    """The same seed gives the same market; None draws one at start."""

    rate: Annotated[float, Meta(gt=0, le=5000)] = 300.0
    """Events a second, over all pairs."""

    balance: Decimal = Decimal(100_000)
    """USDT at start."""

    def __post_init__(self) -> None:
        _above_zero("balance", self.balance)


class Recording(Struct, frozen=True, forbid_unknown_fields=True):
    """`[recording]`: where recordings go."""

    folder: str | None = None
    """None: `recordings` in the user's data folder."""

    keep_minutes: Annotated[float, Meta(ge=0, le=60)] = 5.0
    """How far back the key that keeps the last minutes can reach; 0 records nothing for it."""


class Venue(Struct, frozen=True, forbid_unknown_fields=True):
    """`[venues.NAME]`: how a venue is reached."""

    book: Annotated[int, Meta(gt=0)] = 200
    """Levels a side of the ladder, as the venue offers them."""

    hosts: Hosts = Hosts()
    """`rest`, `ws_public`, … instead of the venue's own: a regional host, or a sandbox."""

    ca_path: str | None = None
    """Certificates to trust instead of the system's."""

    dead_man_seconds: Annotated[int, Meta(ge=1, le=3600)] | None = None
    """The venue is to cancel all orders when it has not heard of us for so long, where it offers that."""

    proxy: Secret | None = None
    """`http://host:port` that every connection goes through; it may hold a password, and is never shown."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings, one table each."""

    screen: Screen = Screen()
    keys: Keys = Keys()
    ladder: Ladder = field(default_factory=Ladder)
    sizes: Sizes = field(default_factory=Sizes)
    trading: Trading = Trading()
    limits: Limits = Limits()
    live: Live = Live()
    practice: Practice = Practice()
    recording: Recording = Recording()
    alerts: AlertSettings = field(default_factory=AlertSettings)
    venues: dict[str, Venue] = {}

    @property
    def recording_folder(self) -> Path:
        """Where recordings go."""
        chosen = self.recording.folder
        return Path(chosen).expanduser() if chosen else user_data_path(APP_NAME, appauthor=False) / "recordings"


def config_folder() -> Path:
    """The user's configuration folder; own themes are in its `themes`."""
    return user_config_path(APP_NAME, appauthor=False)


def settings_file(path: Path | None = None) -> Path:
    """The file that `load_settings` reads."""
    return path or config_folder() / "config.toml"


def load_settings(path: Path | None = None) -> Settings:
    """The settings in `path`, or in the user's `config.toml` where there is one, else the defaults.

    Raises:
        ConfigError: the named file is not there or can't be read, is no TOML, or a value is wrong; the message names
            the file, the key and what was expected.
    """
    chosen = settings_file(path)
    try:
        document = tomllib.loads(chosen.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if path is None:
            return Settings()
        raise ConfigError(f"config file {chosen}", "it is not there") from error
    except OSError as error:
        raise ConfigError(f"config file {chosen}", error.strerror or str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"config file {chosen}", f"is not TOML: {error}") from error
    try:
        return msgspec.convert(document, Settings, dec_hook=secret_in)
    except msgspec.ValidationError as error:
        raise _explained(chosen, with_names(str(error), document, Settings)) from error
    except ConfigError as error:  # of the library's own settings, which name their key in a table of a venue
        key = _whole_key(error, document["venues"])
        raise ConfigError(f"config file {chosen}, key {key}", error.answered, error.hint) from error


def _whole_key(error: ConfigError, venues: dict[str, Any]) -> str:
    """The key that a setting of the library complains of, with the venue's table in which it is."""
    key = error.asked.removeprefix("key ")
    for name, table in venues.items():
        try:
            msgspec.convert(table, Venue, dec_hook=secret_in)
        except ConfigError as found:
            if str(found) == str(error):
                return f"venues.{name}.{key}"
        except msgspec.ValidationError:
            continue  # of another venue, and not what is complained of
    return key


def _explained(path: Path, message: str) -> ConfigError:
    """The key first: msgspec says ``Expected `float` <= 5000.0 - at `$.practice.rate` ``."""
    answered, _, place = message.partition(" - at ")
    unknown = re.search(r"unknown field `([^`]+)`", answered)
    key = place.strip("`").removeprefix("$").lstrip(".")
    if unknown:
        key = f"{key}.{unknown[1]}".lstrip(".")
        return ConfigError(f"config file {path}, key {key}", "no such setting", "the README lists them")
    return ConfigError(f"config file {path}, key {key or 'top level'}", answered.replace("`", ""))
