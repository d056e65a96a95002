package io.headgate.gateway.hostile;

/** One hostile input: the situation, what is sent, and what must come of it. */
record HostileCase(String id, String layer, String tier, String given, Form send, Expectation expect) {
    boolean isNightly() {
        return tier.equals("nightly");
    }

    String title() {
        String form = send.map().toString();
        String flat = form.replaceAll("\\s+", " ").replaceAll("[^\\x20-\\x7E]", "?");
        return id + " " + (flat.length() > 100 ? flat.substring(0, 100) + "…" : flat);
    }
}
