package io.headgate.gateway.hostile;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One hostile input: the situation, what is sent, and what must come of it.
 *
 * @param given the situation in a sentence
 * @param prepare the situation in keys, where the case has them itself; null if they are those of its sentence
 * @param written what must come of it, in the words of the file
 */
record HostileCase(
        String id,
        String layer,
        String tier,
        String given,
        @Nullable Object prepare,
        Form send,
        Form written,
        Expectation expect) {
    private static final String EVERY_COMMIT = "ci";

    /** A case as the file has it. */
    static HostileCase of(Form form, Set<String> codes) {
        Form written = form.form("expect");
        return new HostileCase(
                form.text("id"),
                form.text("layer"),
                form.text("tier", EVERY_COMMIT),
                form.text("given"),
                form.value("prepare"),
                form.form("send"),
                written,
                Expectation.of(written, codes));
    }

    /** The same with another expectation. */
    HostileCase expecting(Form other, Set<String> codes) {
        return new HostileCase(id, layer, tier, given, prepare, send, other, Expectation.of(other, codes));
    }

    /** True if it takes too long for every build. */
    boolean isNightly() {
        return !tier.equals(EVERY_COMMIT);
    }

    /** True if it is about the policy file, which is all that it needs. */
    boolean isAboutFile() {
        return layer.equals("config");
    }

    /** A part of the case by the name that the file has for it, as text. */
    String part(String name) {
        return switch (name) {
            case "id" -> id;
            case "layer" -> layer;
            case "tier" -> tier;
            case "given" -> given;
            case "send" -> send.map().toString();
            default -> written.text(name);
        };
    }

    String title() {
        String flat = part("send").replaceAll("\\s+", " ").replaceAll("[^\\x20-\\x7E]", "?");
        return id + " " + (flat.length() > 100 ? flat.substring(0, 100) + "…" : flat);
    }
}
