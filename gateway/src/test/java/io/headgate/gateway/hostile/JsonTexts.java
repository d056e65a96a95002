package io.headgate.gateway.hostile;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Texts that every reader of JSON takes, and texts that none may take. */
final class JsonTexts {
    private JsonTexts() {}

    static Form load() {
        try (InputStream in = HostileFile.resource("json-texts.yaml")) {
            return Form.of(HostileFile.yaml(new String(in.readAllBytes(), StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
