//! Pages of all kinds of input.

use std::fmt::Write as _;

use super::Lines;
use super::page::page;

/// A page of these lines.
fn page_of(lines: &str) -> String {
    let mut read = Lines::default();
    lines.lines().for_each(|line| read.take(line));
    page("A report", &read.runs, read.unknown)
}

fn drawings(page: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find("<svg") {
        let end = rest.find("</svg>").unwrap() + "</svg>".len();
        found.push(&rest[start..end]);
        rest = &rest[end..];
    }
    found
}

/// Whether every element is closed, in order, and every attribute quoted; its words outside of tags have no stray
/// signs.
fn assert_well_formed(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        assert!(entities_are_whole(&rest[..start]), "{}", &rest[..start]);
        let end = start + rest[start..].find('>').expect("a tag that ends");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if tag.starts_with('!') {
            continue;
        }
        assert!(!tag.contains('<'), "{tag}");
        assert!(
            tag.matches('"').count().is_multiple_of(2) && entities_are_whole(tag),
            "{tag}"
        );
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/', '\n'])
            .next()
            .unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{tag}");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
}

fn entities_are_whole(text: &str) -> bool {
    let known = ["&amp;", "&lt;", "&gt;", "&quot;"];
    let mut signs = text.match_indices('&');
    signs.all(|(at, _)| known.iter().any(|own| text[at..].starts_with(own)))
}

fn link(session: &str, against: &str, rate: u32, quality: &str) -> String {
    format!(
        r#"{{"combination":{{"session":"{session}.vtz","rate":"{rate}mbit","rtt":"40ms","quality":"{quality}","encoding":"tight"}},
"session":"{session}","transport":"tls","against":{against},"rate_mbit":{rate},"rtt_ms":40.0,"loss":0,"fps":28.5,
"pictures":320,"arrived":285,"mbit_mean":{rate}.5,"mbit_max_second":12.5,"latency_ms":{{"p50":40.1,"p95":80,"p99":120.0}},
"psnr_db":41.5,"ssim":0.99,"recover_ms":null,"lossless_ms":900,"audio":null,
"mbit_over_time":[0.0,4.5,9.9,10.0,null,9.5],"queue_ms":{{"p50":1.0,"p95":20.0,"max":40.0}}}}"#
    )
    .replace('\n', "")
}

#[test]
fn nothing_makes_a_page_that_says_so() {
    for lines in ["", "\n\n", "[]\n3\nnot json\n{}\n{\"a\":1}"] {
        let page = page_of(lines);
        assert!(page.contains("Nothing was measured"), "{page}");
        assert!(drawings(&page).is_empty());
        assert_well_formed(&page);
    }
}

#[test]
fn one_run_is_in_every_plot_it_has_figures_for() {
    let page = page_of(&link("video", "null", 10, "8"));
    assert_well_formed(&page);
    for title in [
        "Bit rate over time",
        "Bit rate, mean and peak",
        "Rate and distortion",
        "Latency",
        "Pictures a second",
        "Queue",
    ] {
        assert!(page.contains(&format!(">{title}</h2>")), "{title}");
    }
    assert!(!page.contains(">Gaps in sound</h2>"));
    assert!(page.contains("the link&apos;s rate") || page.contains("the link's rate"));
    assert!(page.contains("28.5 (89 % of all)"));
    assert_eq!(drawings(&page).len(), 6);
}

#[test]
fn peers_stand_in_the_same_plots_and_are_drawn_differently() {
    let lines = [
        link("video", "null", 10, "8"),
        link("video", "\"Xtigervnc\"", 10, "8"),
    ];
    let page = page_of(&lines.join("\n"));
    let over_time = drawings(&page)[0];
    assert!(over_time.contains(">Tightrope</text>") && over_time.contains(">Xtigervnc</text>"));
    assert!(
        over_time.contains("stroke=\"var(--s0)\"") && over_time.contains("stroke=\"var(--s1)\"")
    );
    assert!(over_time.contains("stroke-dasharray=\"6 3\""));
}

#[test]
fn many_runs_are_drawn_by_their_quality_with_others_beside_each() {
    let mut lines: Vec<String> = ["auto", "8", "4"]
        .iter()
        .flat_map(|quality| {
            [
                link("a", "null", 10, quality),
                link("a", "null", 10, quality),
            ]
        })
        .collect();
    lines.push(link("a", "\"Xtigervnc\"", 10, "8"));
    let page = page_of(&lines.join("\n"));
    let over_time: Vec<&str> = drawings(&page).into_iter().take(3).collect();
    for (drawing, title) in over_time.iter().zip(["adapting", "quality 8", "quality 4"]) {
        assert!(
            drawing.contains(&format!("40 ms RTT · {title}</text>")),
            "{drawing}"
        );
        assert!(
            drawing.contains(">Xtigervnc · quality 8</text>"),
            "{drawing}"
        );
        assert!(drawing.contains("#2</text>"), "{drawing}");
    }
}

#[test]
fn what_lost_nothing_does_not_squeeze_what_lost_something() {
    let lossless = link("a", "null", 10, "lossless").replace("41.5", "99.0");
    let both = [link("a", "null", 10, "8"), lossless.clone()].join("\n");
    let distortion = |lines: &str| {
        let page = page_of(lines);
        let found = drawings(&page)
            .into_iter()
            .find(|own| own.contains("PSNR, dB"));
        found.unwrap().to_owned()
    };
    assert_eq!(distortion(&both).matches("<circle").count(), 2);
    assert!(distortion(&lossless).contains(">99</text>"));
}

#[test]
fn settings_that_differ_are_named_and_others_are_told_once() {
    let lines = [
        link("video", "null", 10, "8"),
        link("video", "null", 10, "auto"),
    ];
    let page = page_of(&lines.join("\n"));
    assert!(page.contains(">Tightrope · quality 8</text>"));
    assert!(page.contains(">Tightrope · adapting</text>"));
    assert!(page.contains("All of them: video · 10 Mbit/s · 40 ms RTT · Tightrope · tls · tight."));
}

#[test]
fn every_drawing_is_well_formed_whatever_names_there_are() {
    let name = r#"a<b>&\"c\"\u0001\ud83d\ude00</svg>"#;
    let lines = [
        link(name, "null", 10, "8"),
        link(name, r#""<script>alert(1)</script>&amp;""#, 20, name),
    ];
    let page = page_of(&lines.join("\n"));
    assert_well_formed(&page);
    for drawing in drawings(&page) {
        assert_well_formed(drawing);
        assert_well_formed(&super::alone(drawing));
        assert!(!super::alone(drawing).contains("var("));
    }
    assert!(!page.contains("<script") && page.contains("&lt;script"));
}

#[test]
fn figures_that_are_missing_or_no_numbers_leave_gaps() {
    let lines = r#"
{"session":"a","mbit_mean":null,"latency_ms":null,"fps":null,"psnr_db":null}
{"session":"b","mbit_mean":"many","latency_ms":{"p50":"x","p95":null},"mbit_over_time":"none"}
{"session":"c","mbit_mean":1e300,"latency_ms":{"p50":-5,"p95":0,"p99":1e400},"mbit_over_time":[null,"a",{}]}
{"session":"d","mbit_mean":0,"latency_ms":{"p99":3},"mbit_over_time":[],"psnr_db":-1e13,"fps":0}
{"session":"e","mbit_mean":0,"mbit_over_time":[0],"psnr_db":99,"rate_mbit":-3,"rtt_ms":"x","audio":{"underruns":0}}
"#;
    let page = page_of(lines);
    assert_well_formed(&page);
    assert!(!page.contains("NaN") && !page.contains("inf,") && !page.contains("=\"inf"));
}

#[test]
fn other_commands_lines_are_taken_too() {
    let lines = r#"
{"transport":"tls","size":"64x64","samples":100,"latency_ms":{"p50":2.9,"p95":5.0,"p99":7.5},"cpu":{"agent":0.2,"viewer":0.1}}
{"transport":"tls","rate_mbit":20,"rtt_ms":40,"samples":30,"skew_ms":{"p50":4,"p95":9},"delay_ms":{"p50":60,"p95":70},"underruns":2}
{"experiment":"browser","against":"Xtigervnc","seconds":3,"in":{"mbit_mean":8,"mbit_max_second":19,"mbit_over_time":[1,8,19]},"out":{"mbit_mean":0.1,"mbit_max_second":0.2,"mbit_over_time":[0.1,0.1,0.2]}}
{"session":"video","frames":10,"bytes":1000000,"psnr_db":40.5,"ssim":0.99,"quality":8,"compress":2,"encode_cpu_s":1.0}
{"listening":"127.0.0.1:1"}
"#;
    let page = page_of(lines);
    assert_well_formed(&page);
    for text in [
        "From paint to pixel",
        "Sound and picture apart",
        "Jitter buffer found empty",
        "browser, to the client",
        "KubernetesOnDesktop",
        "MB",
        "1 lines of other kinds",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn a_rate_in_steps_is_drawn_in_steps() {
    let line = r#"{"session":"a","adapts":true,"quality":8,"mbit_mean":6,"rate_mbit":10,"rate_steps":[[0.0,10.0],[0.5,4.5]],
"mbit_over_time":[9,9,4,4,4],"speed":4,"max_rate_mbit":null}"#
        .replace('\n', "");
    let page = page_of(&line);
    for text in [
        "10 → 4.5 Mbit/s",
        "4 × speed",
        "the link's rate",
        "adapting",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let limit = page
        .lines()
        .find(|own| own.contains("polyline") && own.contains("--limit"));
    let places = limit.unwrap().split('"').nth(1).unwrap();
    assert_eq!(places.split_whitespace().count(), 4, "{places}");
}

#[test]
fn what_failed_is_told_and_drawn_nowhere() {
    let line = r#"{"combination":{"session":"video","rate":"2mbit","rtt":"80ms","quality":"auto"},"ok":false,"error":"it ended with 1: no <display>"}"#;
    let page = page_of(line);
    assert_well_formed(&page);
    assert!(page.contains("1 failed") && page.contains("no &lt;display&gt;"));
    assert!(drawings(&page).is_empty());
}

#[test]
fn thousands_of_runs_make_a_page_of_bounded_size() {
    let mut lines = String::new();
    for number in 0..3000 {
        let own = link(&format!("s{}", number % 100), "null", number % 30 + 1, "8");
        let _infallible = writeln!(lines, "{own}");
    }
    let page = page_of(&lines);
    assert!(page.len() < 4 << 20, "{}", page.len());
    assert!(page.contains("2500 more runs are not shown"));
    assert_well_formed(&page);
}

#[test]
fn a_long_line_over_time_keeps_its_peak() {
    let mut values = vec!["1.0"; 100_000];
    values[54_321] = "7.5";
    let line = format!(
        r#"{{"session":"a","mbit_mean":1,"mbit_over_time":[{}]}}"#,
        values.join(",")
    );
    let page = page_of(&line);
    assert!(page.len() < 200_000, "{}", page.len());
    let axis = drawings(&page)[0];
    assert!(axis.contains(">8</text>"), "{axis}");
}
