package io.headgate.benchmarks.load;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Charts over time, one below the other, as one SVG. */
final class Picture {
    private static final int WIDTH = 900;
    private static final int HEIGHT = 220;
    private static final int LEFT = 70;
    private static final int TOP = 40;
    private static final int BOTTOM = 30;
    private static final int RIGHT = 20;
    private static final List<String> COLOURS = List.of("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e");

    private final String title;
    private final List<Chart> charts = new ArrayList<>();

    Picture(String title) {
        this.title = title;
    }

    /** Adds a chart; its lines are filled by who made it. */
    Chart chart(String name) {
        Chart chart = new Chart(name);
        charts.add(chart);
        return chart;
    }

    String svg() {
        int height = 40 + charts.size() * HEIGHT;
        StringBuilder out = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" "
                        + "font-size=\"12\">%n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n"
                        + "<text x=\"%d\" y=\"25\" font-size=\"16\">%s</text>%n",
                WIDTH,
                height,
                LEFT,
                escaped(title)));
        for (int i = 0; i < charts.size(); i++) {
            charts.get(i).draw(out, 40 + i * HEIGHT);
        }
        return out.append("</svg>\n").toString();
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }

    /** Lines over seconds, under one name. */
    static final class Chart {
        private final String name;
        private final Map<String, List<double[]>> lines = new LinkedHashMap<>();

        private Chart(String name) {
            this.name = name;
        }

        void add(String line, double seconds, double value) {
            lines.computeIfAbsent(line, added -> new ArrayList<>()).add(new double[] {seconds, value});
        }

        private void draw(StringBuilder out, int y) {
            double end = 1e-9;
            double top = 1e-9;
            for (List<double[]> line : lines.values()) {
                for (double[] point : line) {
                    end = Math.max(end, point[0]);
                    top = Math.max(top, point[1]);
                }
            }
            top = round(top);
            int bottom = y + HEIGHT - BOTTOM;
            text(out, LEFT, y + 18, name, "#000");
            for (int i = 0; i <= 4; i++) {
                int at = bottom - (bottom - y - TOP) * i / 4;
                out.append(String.format(
                        Locale.ROOT,
                        "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#ddd\"/>%n",
                        LEFT,
                        at,
                        WIDTH - RIGHT,
                        at));
                text(out, 5, at + 4, String.format(Locale.ROOT, "%.6g", top * i / 4), "#555");
                int x = LEFT + (WIDTH - LEFT - RIGHT) * i / 4;
                text(out, x - 10, bottom + 16, String.format(Locale.ROOT, "%.0f s", end * i / 4), "#555");
            }
            int index = 0;
            for (Map.Entry<String, List<double[]>> line : lines.entrySet()) {
                String colour = COLOURS.get(index % COLOURS.size());
                out.append("<polyline fill=\"none\" stroke=\"")
                        .append(colour)
                        .append("\" stroke-width=\"1.5\" points=\"");
                for (double[] point : line.getValue()) {
                    out.append(String.format(
                            Locale.ROOT,
                            "%.1f,%.1f ",
                            LEFT + (WIDTH - LEFT - RIGHT) * point[0] / end,
                            bottom - (bottom - y - TOP) * point[1] / top));
                }
                out.append("\"/>\n");
                text(out, LEFT + 200 + index * 170, y + 18, line.getKey(), colour);
                index++;
            }
        }

        private static void text(StringBuilder out, int x, int y, String text, String colour) {
            out.append(String.format(
                    Locale.ROOT, "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>%n", x, y, colour, escaped(text)));
        }

        /** The next of 1, 2, 5 times a power of ten. */
        private static double round(double top) {
            double power = Math.pow(10, Math.floor(Math.log10(top)));
            double digit = top / power;
            return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
        }
    }
}
