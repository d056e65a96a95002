/**
 * The reference upstream: one MCP server of both eras, for the demo, the conformance suite, the tests and the load.
 *
 * <p>More than thirty files in one room: it is a program of its own, of which the rest of the house sees three classes.
 */
@NullMarked
package io.headgate.gateway.demo;

import org.jspecify.annotations.NullMarked;
