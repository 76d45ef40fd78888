"""What is measured. Names and units are those of the instrument; what there was none of is `None`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KindFigures:
    """What one kind of rectangles has of a stream."""

    rects: int
    mpx: float
    bytes: int


@dataclass(frozen=True, slots=True)
class CodecFigures:
    """A recording through encoder and decoder."""

    session: str
    frames: int
    changed_mpx: float
    """Of the changed tiles."""
    bytes: int
    encode_cpu_s: float | None
    decode_cpu_s: float
    psnr_db: float
    """99.0 if all is equal."""
    ssim: float
    lossless: bool
    """Every pixel is equal."""
    threads: int
    quality: int | None
    """-1 for lossless."""
    compress: int | None
    wall_s: float
    """Of encoding."""
    worst_psnr_db: float
    copied_mpx: float
    rects: int
    kinds: dict[str, KindFigures]


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Half of the values are at most p50, and so on."""

    p50: float | None
    p95: float | None
    p99: float | None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class Audio:
    """What was heard of music."""

    underruns: int
    delay_ms: Percentiles
    skew_ms: Percentiles
    """By how much pictures were later than their sound."""


@dataclass(frozen=True, slots=True)
class LinkFigures:
    """A recording in real time through a server and a client, over a link."""

    session: str
    against: str | None
    """Who served it; `None` if Tightrope did."""
    transport: str
    speed: float
    rate_mbit: float | None
    """At the beginning."""
    rate_steps: tuple[tuple[float, float], ...]
    """From when on, in seconds, which rate."""
    rtt_ms: float
    jitter_ms: float
    loss: float
    max_rate_mbit: float | None
    quality: int
    """The level that was asked for; -1 is lossless."""
    encoding: str | None
    """The only one that was asked for."""
    adapts: bool
    """Whether less may be sent."""
    quality_mean: float | None
    """The JPEG quality, 1 to 100, of what was sent with loss, over its pixels."""
    seconds: float
    """From the first picture to the last."""
    pictures: int
    """Painted after the first."""
    arrived: int
    """How many of them stood whole at the client."""
    fps: float
    """Of those that arrived."""
    late_ms: Percentiles
    """By how much they were painted too late."""
    latency_ms: Percentiles
    """From painting to standing whole."""
    latency_over_time: tuple[tuple[float, float], ...]
    """The same, each with when it arrived, in seconds."""
    age_ms: Percentiles
    """How old what the client showed was, every 10 ms."""
    psnr_db: float
    ssim: float
    mbit_mean: float
    mbit_max_second: float
    mbit_over_time: tuple[float, ...]
    """A value every 0.25 seconds."""
    max_rate_excess: int | None
    """Seconds, one every 50 ms, with more than 1.05 of the cap."""
    queue_ms: Percentiles
    """How long what reached the link had to wait."""
    recover_ms: float | None
    """Of the worst of the steps to a lower rate."""
    lossless_ms: float | None
    """From the last picture to all of it standing exactly."""
    lossless_bytes: int | None
    """What was sent for it."""
    source_cpu_s: float
    """Of the process that painted, and served if Tightrope did."""
    audio: Audio | None


@dataclass(frozen=True, slots=True)
class Cpu:
    """In percent of one processor."""

    agent: float | None
    viewer: float


@dataclass(frozen=True, slots=True)
class LatencyFigures:
    """How long a pixel takes from a program on a real desktop to the client's framebuffer."""

    transport: str
    against: str | None
    """The server that was measured; `None`: Tightrope."""
    size: str
    samples: int
    latency_ms: Percentiles
    """From the request to paint until all of it stands in the client's framebuffer."""
    min_ms: float
    max_ms: float
    first_ms: Percentiles
    """Until the first tile of it stood there."""
    echo_ms: Percentiles | None
    """From the client's key until then, beside a load."""
    cpu: Cpu
    kbytes: float
    """What the client received for each picture."""
    quality: int
    adapts: bool
    rtt_ms: float
    rate_mbit: float | None
    jitter_ms: float
    loss: float
    load: str | None
    load_speed: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Combination:
    """One of what a sweep goes through, as command lines write it."""

    session: str
    rate: str
    rtt: str
    jitter: str
    loss: str
    queue: str
    speed: float
    quality: str
    encoding: str | None
    transport: str | None
    against: str | None
    audio: bool
    repeat: int


@dataclass(frozen=True, slots=True)
class SweepFigures:
    """One measurement of a sweep."""

    combination: Combination
    ok: bool
    wall_s: float
    figures: LinkFigures | None
    """What was measured."""
    error: str | None
    """Or why it was not."""
