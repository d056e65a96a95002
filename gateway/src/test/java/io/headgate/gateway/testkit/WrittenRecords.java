package io.headgate.gateway.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a gateway wrote down in an audit log. */
public record WrittenRecords(Path directory) {
    private static final JsonMapper JSON = new JsonMapper();

    /** The lines of a segment, without the space for more that it may end with. */
    public static List<String> lines(Path segment) throws IOException {
        String text = Files.readString(segment);
        int space = text.indexOf('\0');
        return (space < 0 ? text : text.substring(0, space)).lines().toList();
    }

    /** The records of one type, oldest first. */
    public List<JsonNode> of(String type) {
        try (Stream<Path> files = Files.list(directory)) {
            List<JsonNode> found = new ArrayList<>();
            for (Path segment : files.filter(
                            file -> file.getFileName().toString().matches("\\d+\\.jsonl"))
                    .sorted()
                    .toList()) {
                for (String line : lines(segment)) {
                    JsonNode record = JSON.readTree(line);
                    if (record.path("type").asString("").equals(type)) {
                        found.add(record);
                    }
                }
            }
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The size of all its files. */
    public long bytes() {
        try (Stream<Path> files = Files.list(directory)) {
            long bytes = 0;
            for (Path file : files.toList()) {
                bytes += Files.size(file);
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
