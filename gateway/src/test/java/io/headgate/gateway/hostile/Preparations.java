package io.headgate.gateway.hostile;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the sentences of {@code given} stand for: each is looked up as a whole, and none is understood. So a sentence that
 * changes loses its preparation, and its cases fail until they have another one.
 */
record Preparations(Map<String, Preparation> bySentence) {
    static Preparations load() {
        try (InputStream in = HostileFile.resource("preparations.yaml")) {
            return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Preparations parse(String yaml) {
        Map<String, Preparation> bySentence = new LinkedHashMap<>();
        for (Object item : Form.of(HostileFile.yaml(yaml)).list("preparations")) {
            Form entry = Form.of(item);
            Object given = entry.value("given");
            List<?> sentences = given instanceof List<?> list ? list : List.of(String.valueOf(given));
            Preparation preparation = bound(entry.value("prepare"), "preparations.yaml, " + given);
            for (Object sentence : sentences) {
                if (bySentence.put(String.valueOf(sentence), preparation) != null) {
                    throw new IllegalArgumentException("preparations.yaml: prepared twice: " + sentence);
                }
            }
        }
        return new Preparations(Map.copyOf(bySentence));
    }

    /** What a case needs: its own keys, or those of its sentence. */
    Preparation of(HostileCase hostile) {
        Object own = hostile.prepare();
        if (own != null) {
            return bound(own, "case " + hostile.id());
        }
        if (hostile.given().isEmpty()) {
            return Preparation.NONE;
        }
        Preparation preparation = bySentence.get(hostile.given());
        if (preparation == null) {
            throw new Unbuildable("the preparation of case " + hostile.id() + ", given \"" + hostile.given()
                    + "\" (expected: a key \"prepare\" in the case, or an entry with this sentence in preparations.yaml;"
                    + " the keys are " + String.join(", ", Preparation.keys())
                    + ", and \"prepare: {}\" if it needs none)");
        }
        return preparation;
    }

    private static Preparation bound(@Nullable Object keys, String where) {
        if (keys == null) {
            throw new IllegalArgumentException(where + ": no prepare (expected: keys, or {} if it needs none)");
        }
        try {
            return Preparation.of(keys);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(where + ": prepare: " + e.getMessage(), e);
        }
    }
}
