/** What reading and changing a message costs. */
@NullMarked
package io.headgate.benchmarks.mcp;

import org.jspecify.annotations.NullMarked;
