//! Cost against size, as an SVG: both axes logarithmic, so that what is linear has a slope of one.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::criterion::Estimate;
use super::results::duration;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
/// Around the axes, for their labels.
const MARGIN: f64 = 70.0;
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/// The powers of ten that an axis reaches from and to.
#[derive(Clone, Copy)]
struct Axis {
    from: f64,
    to: f64,
}

impl Axis {
    /// One that has room for all of these.
    fn around(values: impl Iterator<Item = f64> + Clone) -> Self {
        let least = values.clone().fold(f64::INFINITY, f64::min);
        let greatest = values.fold(f64::NEG_INFINITY, f64::max);
        let from = least.log10().floor();
        Self { from, to: greatest.log10().ceil().max(from + 1.0) }
    }

    /// How far along it a value is, from 0 to 1.
    fn place(self, value: f64) -> f64 {
        (value.log10() - self.from) / (self.to - self.from)
    }

    fn powers(self) -> impl Iterator<Item = f64> {
        (self.from as i32..=self.to as i32).map(|power| 10_f64.powi(power))
    }
}

/// The plot of a group; `None` unless it has at least two sizes.
pub(super) fn draw(group: &str, estimates: &[&Estimate]) -> Option<String> {
    let points: Vec<_> = estimates
        .iter()
        .filter_map(|one| Some((one.function.as_str(), one.size()?, one.nanoseconds)))
        .filter(|(_, size, cost)| *size > 0.0 && *cost > 0.0)
        .collect();
    let sizes = Axis::around(points.iter().map(|point| point.1));
    let costs = Axis::around(points.iter().map(|point| point.2));
    let first = points.first()?.1;
    points.iter().find(|point| point.1 > first)?;

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{}\" y=\"24\" text-anchor=\"middle\" font-size=\"15\">{}</text>\n",
        WIDTH / 2.0,
        escape(group),
    );
    let x = |size| MARGIN + sizes.place(size) * (WIDTH - 2.0 * MARGIN);
    let y = |cost| HEIGHT - MARGIN - costs.place(cost) * (HEIGHT - 2.0 * MARGIN);
    for size in sizes.powers() {
        line(&mut svg, (x(size), MARGIN), (x(size), HEIGHT - MARGIN));
        label(&mut svg, (x(size), HEIGHT - MARGIN + 18.0), "middle", &format!("{size}"));
    }
    for cost in costs.powers() {
        line(&mut svg, (MARGIN, y(cost)), (WIDTH - MARGIN, y(cost)));
        label(&mut svg, (MARGIN - 6.0, y(cost) + 4.0), "end", &duration(cost));
    }
    let functions: BTreeSet<_> = points.iter().map(|point| point.0).collect();
    for (place, (function, colour)) in functions.iter().zip(COLOURS.iter().cycle()).enumerate() {
        let of_function = points.iter().filter(|point| point.0 == *function);
        let path: Vec<_> =
            of_function.map(|(_, size, cost)| format!("{:.1},{:.1}", x(*size), y(*cost))).collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            path.join(" ")
        );
        let top = MARGIN + 16.0 * (place as f64 + 1.0);
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{top}\" fill=\"{colour}\">{}</text>",
            MARGIN + 10.0,
            escape(function)
        );
    }
    svg.push_str("</svg>\n");
    Some(svg)
}

fn line(svg: &mut String, from: (f64, f64), to: (f64, f64)) {
    let _ = writeln!(
        svg,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"#ddd\"/>",
        from.0, from.1, to.0, to.1
    );
}

fn label(svg: &mut String, at: (f64, f64), anchor: &str, text: &str) {
    let (x, y) = at;
    let text = escape(text);
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
