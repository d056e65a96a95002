package io.headgate.gateway.route.catalog;

import io.headgate.filter.Route;
import io.headgate.filter.Target;
import io.headgate.filter.ToolHints;
import io.headgate.mcp.RawJson;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A route as the catalogue had it when an exchange came, with all that the catalogue had then. */
public final class Resolved implements Route {
    private final Servers servers;
    private final Target target;
    private final @Nullable View view;
    private final @Nullable Entry entry;
    private final @Nullable Owner owner;
    /** Made when it is asked for; two threads that ask at the same time make the same. */
    private @Nullable String tool;

    private Resolved(
            Servers servers, Target target, @Nullable View view, @Nullable Entry entry, @Nullable Owner owner) {
        this.servers = servers;
        this.target = target;
        this.view = view;
        this.entry = entry;
        this.owner = owner;
    }

    /**
     * Looks up what is addressed.
     *
     * @param servers among which it is looked for
     * @param view what the sender's door shows, or null if there is no such door
     */
    static Resolved in(Servers servers, @Nullable View view, Target target) {
        if (view == null) {
            return new Resolved(servers, target, null, null, null);
        }
        return switch (target.kind()) {
            case TOOL -> listed(servers, ItemKind.TOOL, view, target);
            case PROMPT -> listed(servers, ItemKind.PROMPT, view, target);
            case RESOURCE -> new Resolved(servers, target, view, null, view.resource(target.name()));
            case TASK, NONE -> new Resolved(servers, target, view, null, null);
        };
    }

    private static Resolved listed(Servers servers, ItemKind kind, View view, Target target) {
        Entry entry = view.items(kind).get(target.name());
        return new Resolved(servers, target, view, entry, entry == null ? null : entry.owner());
    }

    @Override
    public String server() {
        if (view == null) {
            return "";
        }
        return owner == null ? target.server() : owner.target().server();
    }

    @Override
    public String tool() {
        String known = tool;
        if (known == null) {
            known = toolForAll();
            tool = known;
        }
        return known;
    }

    private String toolForAll() {
        if (owner == null || target.kind() != Target.Kind.TOOL) {
            return "";
        }
        return target.server().isEmpty()
                ? target.name()
                : owner.namespace().clientName(owner.target().name());
    }

    @Override
    public String ownName() {
        return owner == null ? "" : owner.target().name();
    }

    @Override
    public ToolHints hints() {
        return entry == null ? ToolHints.NONE : entry.hints();
    }

    @Override
    public @Nullable RawJson contract() {
        return entry == null ? null : entry.json();
    }

    /** The servers that the exchange can reach, from its begin to its end. */
    public Servers servers() {
        return servers;
    }

    /** The arguments of the tool that calls repeat in header fields; empty for what is no tool, or unknown. */
    public List<HeaderParam> headerParams() {
        return entry == null ? List.of() : entry.headerParams();
    }

    /** What the sender's door showed, or null if there is no such door. */
    @Nullable
    public View view() {
        return view;
    }

    /** Who has what is addressed; null if it names nothing, or if it was unknown then. */
    @Nullable
    public Owner owner() {
        return owner;
    }
}
