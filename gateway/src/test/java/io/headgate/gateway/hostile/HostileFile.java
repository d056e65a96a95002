package io.headgate.gateway.hostile;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file of hostile cases: the codes, limits and templates that its cases lean on, and the cases.
 *
 * @param isOwn true for the copy in the test resources, false for a file named on the command line
 */
record HostileFile(
        boolean isOwn, Map<String, Integer> codes, Form limits, Map<String, Form> templates, List<HostileCase> cases) {
    static HostileFile load() {
        String other = System.getProperty("headgate.hostile", "");
        try {
            if (!other.isEmpty()) {
                return parse(Files.readString(Path.of(other)), /* isOwn= */ false);
            }
            try (InputStream in = resource("cases.yaml")) {
                return parse(new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8), /* isOwn= */ true);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static InputStream resource(String name) {
        InputStream in = HostileFile.class.getResourceAsStream("/hostile/" + name);
        if (in == null) {
            throw new IllegalStateException("no resource hostile/" + name);
        }
        return in;
    }

    static HostileFile parse(String yaml, boolean isOwn) {
        Form file = Form.of(yaml(yaml));
        Form defaults = file.form("defaults");
        Map<String, Integer> codes = new LinkedHashMap<>();
        Form named = defaults.form("codes");
        named.map().keySet().forEach(name -> codes.put(name, named.number(name, 0)));
        Map<String, Form> templates = new LinkedHashMap<>();
        Form written = defaults.form("templates");
        written.map().keySet().forEach(name -> templates.put(name, written.form(name)));
        List<HostileCase> cases = new ArrayList<>();
        for (Object item : file.list("cases")) {
            cases.add(HostileCase.of(Form.of(item), codes.keySet()));
        }
        return new HostileFile(isOwn, codes, defaults.form("limits"), templates, cases);
    }

    static @Nullable Object yaml(String text) {
        return CaseYaml.read(text);
    }

    /** The layers of its cases, in their order. */
    Set<String> layers() {
        Set<String> layers = new LinkedHashSet<>();
        cases.forEach(hostile -> layers.add(hostile.layer()));
        return layers;
    }

    /** The name of a code, or its digits if the file has no name for it. */
    String codeName(int code) {
        for (Map.Entry<String, Integer> entry : codes.entrySet()) {
            if (entry.getValue() == code) {
                return entry.getKey();
            }
        }
        return Integer.toString(code);
    }

    /** The host that the templates address. */
    String host() {
        for (Form template : templates.values()) {
            String host = template.form("headers").text("Host");
            if (!host.isEmpty()) {
                return host;
            }
        }
        return "gw.test";
    }

    Form template(String name) {
        Form template = templates.get(name);
        if (template == null) {
            throw new Unbuildable("template " + name);
        }
        return template;
    }
}
