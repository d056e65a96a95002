package io.headgate.gateway.hostile;

import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The situation that a case needs: which gateway, in front of which upstreams.
 *
 * @param rate what each caller may call; null if as much as it likes
 * @param tools tools that the first upstream offers besides its usual ones, as {@link StubTools} writes them
 */
record Setting(Set<Trait> traits, Preparation.@Nullable RateLimit rate, String tools) {
    /** How much faster the clocks of a hurried gateway run. */
    static final double HURRY = 0.1;

    /** What sets one gateway apart from another. */
    enum Trait {
        TLS,
        /** Its upstreams have sessions. */
        LEGACY,
        /** Its clocks run faster, so that a case that waits for them is quick. */
        HURRIED,
        /** More clients come than it lets in, while its clocks run as usual, so that all can be there. */
        CROWDED,
        /** No other case may share it, because the case uses up a limit, stops it, or lets an upstream misbehave. */
        OWN,
        /** It keeps records of calls, and the case says which. */
        AUDITED,
        /** Its data lies on a file system that the case fills. */
        ON_SMALL_DISK,
        /** Its records are sent to a SIEM. */
        EXPORTED,
        /** An upstream misbehaves as the case says. */
        SCRIPTED,
        /** The case is in part about what the first upstream offers, from the first list on. */
        OFFERED,
        /** The first upstream is reached over TLS. */
        UPSTREAM_TLS,
        /** The first upstream is reached over HTTP/2. */
        UPSTREAM_H2,
        /** The names of the first upstream have its prefix, too. */
        PREFIXED,
        /** Its keys for what clients keep are in its file, so that another node can have them. */
        SEALED,
        /** Its lists come in many pages. */
        PAGED
    }

    private static final Set<String> WAITING_FORMS = Set.of("slow", "connect_only");
    private static final Set<String> WAITING_FRAMES = Set.of("preface_only_then_idle_s", "zero_window");
    private static final Set<String> LIMIT_FORMS =
            Set.of("repeat", "action", "parallel_gen", "churn", "race", "property", "load", "how", "corpus");

    static Setting of(HostileCase hostile, Preparation preparation) {
        Form send = hostile.send();
        Set<Trait> traits = EnumSet.noneOf(Trait.class);
        UpstreamPlan plan = UpstreamPlan.of(hostile);
        add(traits, Trait.TLS, preparation.tls());
        add(traits, Trait.LEGACY, isLegacy(hostile, plan));
        add(traits, Trait.CROWDED, send.form("connect_only").number("connections", 1) > GatewayYaml.FEW_CONNECTIONS);
        add(traits, Trait.HURRIED, waits(hostile, preparation, plan) && !traits.contains(Trait.CROWDED));
        add(
                traits,
                Trait.AUDITED,
                hostile.layer().equals("audit") || hostile.expect().audit().startsWith("tool_call"));
        add(traits, Trait.ON_SMALL_DISK, preparation.log().isOnSmallDisk());
        add(traits, Trait.EXPORTED, preparation.log().isExported());
        add(traits, Trait.SCRIPTED, plan.isScripted());
        add(traits, Trait.OFFERED, plan.beginsBefore());
        add(traits, Trait.UPSTREAM_TLS, plan.isAbout("tls"));
        add(traits, Trait.UPSTREAM_H2, plan.isAbout("h2"));
        add(traits, Trait.PREFIXED, plan.isAboutNames());
        add(traits, Trait.PAGED, preparation.cursor() != null);
        add(traits, Trait.SEALED, preparation.isSealedByOlderKey());
        boolean isOwn = send.map().keySet().stream().anyMatch(LIMIT_FORMS::contains)
                || preparation.changesTime()
                || traits.contains(Trait.SEALED)
                || traits.contains(Trait.SCRIPTED)
                || traits.contains(Trait.CROWDED)
                || traits.contains(Trait.ON_SMALL_DISK)
                || traits.contains(Trait.EXPORTED);
        add(traits, Trait.OWN, isOwn);
        return new Setting(traits, preparation.rateLimit(), StubTools.more(preparation.tools()));
    }

    private static void add(Set<Trait> traits, Trait trait, boolean has) {
        if (has) {
            traits.add(trait);
        }
    }

    private static boolean isLegacy(HostileCase hostile, UpstreamPlan plan) {
        Form send = hostile.send();
        String template = send.has("each") ? send.form("each").text("template") : send.text("template");
        return hostile.layer().equals("mcp-legacy")
                || template.equals("legacy_call")
                || template.equals("initialize")
                || plan.isLegacy();
    }

    private static boolean waits(HostileCase hostile, Preparation preparation, UpstreamPlan plan) {
        Form send = hostile.send();
        return send.map().keySet().stream().anyMatch(WAITING_FORMS::contains)
                || send.form("h2").map().keySet().stream().anyMatch(WAITING_FRAMES::contains)
                || TlsSends.waits(send.form("tls"))
                || !preparation.idle().isZero()
                || plan.waits()
                || hostile.expect().withinSeconds() >= 5;
    }

    boolean has(Trait trait) {
        return traits.contains(trait);
    }

    boolean isTls() {
        return has(Trait.TLS);
    }

    boolean isLegacy() {
        return has(Trait.LEGACY);
    }

    boolean isHurried() {
        return has(Trait.HURRIED);
    }

    boolean isCrowded() {
        return has(Trait.CROWDED);
    }

    boolean isLimited() {
        return rate != null;
    }

    boolean isOwn() {
        return has(Trait.OWN);
    }

    boolean isAudited() {
        return has(Trait.AUDITED);
    }

    boolean isOnSmallDisk() {
        return has(Trait.ON_SMALL_DISK);
    }

    boolean isExported() {
        return has(Trait.EXPORTED);
    }
}
