/** The reference upstream: one MCP server of both eras, for the demo, the conformance suite, the tests and the load. */
@NullMarked
package io.headgate.gateway.demo;

import org.jspecify.annotations.NullMarked;
