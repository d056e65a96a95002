/** The wire: JSON-RPC messages, ids, raw JSON, method names, protocol versions, the codec. */
@NullMarked
package io.headgate.mcp;

import org.jspecify.annotations.NullMarked;
