package io.headgate.gateway.hostile;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files that cases speak of, in the keys of this gateway. Cases of another file may have their own; what stands in angle
 * brackets there cannot be built.
 */
record CaseFiles(Map<String, Files> bySent) {
    private static final Pattern MANY = Pattern.compile("@(\\d+) of (.)@");
    private static final Pattern SERVERS = Pattern.compile("@(\\d+) servers@");

    /**
     * What one case sends.
     *
     * @param accepted true if each file is right
     * @param times how often they are put in place, one after the other
     */
    record Files(boolean accepted, int times, List<Written> all) {}

    /** One file: its text, or the name of what is in its place. */
    record Written(String name, String text, Charset charset) {
        byte[] bytes() {
            return text.getBytes(charset);
        }

        boolean isFile() {
            return name.isEmpty();
        }
    }

    /** With the good file and the one without filters in their places. */
    static CaseFiles load(String good, String plain) {
        try (InputStream in = HostileFile.resource("files.yaml")) {
            Form list = Form.of(HostileFile.yaml(new String(in.readAllBytes(), StandardCharsets.UTF_8)));
            Map<String, Files> bySent = new LinkedHashMap<>();
            for (Object item : list.list("files")) {
                Form form = Form.of(item);
                List<Written> all = new ArrayList<>();
                for (Object file : form.list("files")) {
                    all.add(written(
                            file instanceof String text ? new Form(Map.of("text", text)) : Form.of(file), good, plain));
                }
                bySent.put(form.text("sends"), new Files(form.flag("accepted"), form.number("times", all.size()), all));
            }
            return new CaseFiles(bySent);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Written written(Form file, String good, String plain) {
        String text = file.text("text").replace("@good@", good).replace("@plain@", plain);
        text = MANY.matcher(text)
                .replaceAll(many -> Matcher.quoteReplacement(many.group(2).repeat(Integer.parseInt(many.group(1)))));
        text = SERVERS.matcher(text)
                .replaceAll(many -> Matcher.quoteReplacement(servers(Integer.parseInt(many.group(1)))));
        return new Written(file.text("is"), text, Charset.forName(file.text("charset", "UTF-8")));
    }

    private static String servers(int count) {
        StringBuilder servers = new StringBuilder();
        for (int i = 0; i < count; i++) {
            servers.append("  more").append(i).append(": {url: \"http://127.0.0.1:9/mcp\"}\n");
        }
        return servers.toString();
    }

    Files of(HostileCase hostile) {
        String sent = hostile.send().text("config");
        Files known = bySent.get(sent);
        if (known != null) {
            return known;
        }
        if (sent.startsWith("<")) {
            throw new Unbuildable("file " + sent);
        }
        return new Files(false, 1, List.of(new Written("", sent, StandardCharsets.UTF_8)));
    }
}
