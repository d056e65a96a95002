/** What the keys of the file mean: the schema for editors and the table for people, from the records and one list of texts. */
@NullMarked
package io.headgate.gateway.config.schema;

import org.jspecify.annotations.NullMarked;
