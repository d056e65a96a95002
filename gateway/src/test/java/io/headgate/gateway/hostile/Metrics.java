package io.headgate.gateway.hostile;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One reading of the gateway's metrics page. */
record Metrics(List<Sample> samples) {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final Pattern LINE = Pattern.compile("(\\w+)(?:\\{(.*)})?\\s+(\\S+)(?:\\s+\\d+)?");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

    /** Those of a gateway that has done nothing yet. */
    static final Metrics NONE = new Metrics(List.of());

    /** One value of one series. */
    record Sample(String name, Map<String, String> labels, double value) {}

    static Metrics scrape(InetSocketAddress admin) throws IOException, InterruptedException {
        URI uri = URI.create("http://" + admin.getHostString() + ":" + admin.getPort() + "/metrics");
        HttpRequest request =
                HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build();
        HttpResponse<String> response = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException("/metrics answered " + response.statusCode());
        }
        return parse(response.body());
    }

    static Metrics parse(String page) {
        List<Sample> samples = new ArrayList<>();
        for (String line : page.split("\n", -1)) {
            Matcher matcher = LINE.matcher(line.trim());
            if (line.startsWith("#") || !matcher.matches()) {
                continue;
            }
            Map<String, String> labels = new LinkedHashMap<>();
            Matcher label = LABEL.matcher(matcher.group(2) == null ? "" : matcher.group(2));
            while (label.find()) {
                labels.put(label.group(1), label.group(2));
            }
            String value = matcher.group(3);
            samples.add(new Sample(matcher.group(1), labels, number(value)));
        }
        return new Metrics(samples);
    }

    private static double number(String value) {
        return switch (value) {
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(value);
        };
    }

    /** The sum of the series with this name and at least these labels; a timer or summary counts by its count. */
    double sum(String name, Map<String, String> labels) {
        return samples.stream()
                .filter(s -> s.name().equals(name) || s.name().equals(name + "_count"))
                .filter(s -> s.labels().entrySet().containsAll(labels.entrySet()))
                .mapToDouble(Sample::value)
                .sum();
    }

    /** The project's own counters that did grow, for the message of a failed test. */
    String nearTo(String name, Metrics before) {
        List<String> grown = new ArrayList<>();
        for (Sample sample : samples) {
            boolean counts =
                    sample.name().startsWith("headgate_") && sample.name().endsWith("_total");
            if (counts && sample.value() > before.sum(sample.name(), sample.labels())) {
                grown.add(sample.name() + sample.labels());
            }
        }
        return grown.isEmpty() ? "; no counter near " + name + " grew" : "; grew: " + grown;
    }
}
