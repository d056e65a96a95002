package io.headgate.gateway.route.catalog;

import io.headgate.gateway.upstream.Listing;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.util.List;

/** The four kinds of things that servers list. */
public enum ItemKind {
    TOOL("tool", "tools", "name", Methods.TOOLS_LIST, Methods.TOOLS_CHANGED),
    PROMPT("prompt", "prompts", "name", Methods.PROMPTS_LIST, Methods.PROMPTS_CHANGED),
    RESOURCE("resource", "resources", "uri", Methods.RESOURCES_LIST, Methods.RESOURCES_CHANGED),
    TEMPLATE(
            "template", "resourceTemplates", "uriTemplate", Methods.RESOURCE_TEMPLATES_LIST, Methods.RESOURCES_CHANGED);

    private final String label;
    private final String listMember;
    private final String keyMember;
    private final String listMethod;
    private final String changedMethod;

    ItemKind(String label, String listMember, String keyMember, String listMethod, String changedMethod) {
        this.label = label;
        this.listMember = listMember;
        this.keyMember = keyMember;
        this.listMethod = listMethod;
        this.changedMethod = changedMethod;
    }

    /** What it is called in logs and as a meter's tag. */
    public String label() {
        return label;
    }

    /** The member of a result that holds the list. */
    public String listMember() {
        return listMember;
    }

    /** The member of an item by which clients ask for it. */
    public String keyMember() {
        return keyMember;
    }

    String listMethod() {
        return listMethod;
    }

    /** What tells clients that the list is another one; templates have none of their own and use that of resources. */
    String changedMethod() {
        return changedMethod;
    }

    boolean isUri() {
        return this == RESOURCE || this == TEMPLATE;
    }

    List<RawJson> of(Listing listing) {
        return switch (this) {
            case TOOL -> listing.tools();
            case PROMPT -> listing.prompts();
            case RESOURCE -> listing.resources();
            case TEMPLATE -> listing.resourceTemplates();
        };
    }
}
