/** What a file amounts to, with every default filled in and no secret shown, and what changes between two of them. */
@NullMarked
package io.headgate.gateway.config.effective;

import org.jspecify.annotations.NullMarked;
