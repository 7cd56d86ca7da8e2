use serde_json::{Map, Value as Json, json};

use crate::schema::{Attribute, Block, Nesting, Schema};

impl Schema {
    /// The schema as `terraform providers schema -json` prints it, for whoever writes pages.
    ///
    /// What that command does not tell is added: `replaces` marks an attribute whose change needs a
    /// new object. Flags that are not set are left out.
    pub fn to_docs_json(&self) -> Json {
        json!({ "version": self.version, "block": block_json(self, &self.description) })
    }
}

fn block_json(schema: &Schema, description: &str) -> Json {
    let mut block = described(description);
    let attributes: Map<String, Json> = schema
        .attributes
        .iter()
        .map(|attribute| (attribute.name.to_owned(), attribute_json(attribute)))
        .collect();
    let blocks: Map<String, Json> = schema
        .blocks
        .iter()
        .map(|block| (block.name.to_owned(), nested_json(block)))
        .collect();
    block.insert("attributes".to_owned(), Json::Object(attributes));
    if !blocks.is_empty() {
        block.insert("block_types".to_owned(), Json::Object(blocks));
    }
    Json::Object(block)
}

fn attribute_json(attribute: &Attribute) -> Json {
    let Attribute {
        name: _,
        ty,
        mode,
        sensitive,
        write_only,
        replaces,
        deprecated,
        description,
    } = attribute;
    let mut json = described(description);
    json.insert("type".to_owned(), ty.to_json());
    let flags = [
        ("required", mode.is_required()),
        ("optional", mode.is_optional()),
        ("computed", mode.is_computed()),
        ("sensitive", *sensitive),
        ("write_only", *write_only),
        ("replaces", *replaces),
        ("deprecated", deprecated.is_some()),
    ];
    for (flag, _) in flags.into_iter().filter(|(_, set)| *set) {
        json.insert(flag.to_owned(), Json::Bool(true));
    }
    if let Some(instead) = deprecated {
        json.insert("deprecation_message".to_owned(), json!(instead));
    }
    Json::Object(json)
}

fn nested_json(block: &Block) -> Json {
    let Block {
        name: _,
        nesting,
        schema,
        min_items,
        max_items,
        description,
    } = block;
    let nesting = match nesting {
        Nesting::Single => "single",
        Nesting::List => "list",
        Nesting::Set => "set",
    };
    let mut json = Map::new();
    json.insert("nesting_mode".to_owned(), json!(nesting));
    json.insert("block".to_owned(), block_json(schema, description));
    for (limit, items) in [("min_items", *min_items), ("max_items", *max_items)] {
        if items > 0 {
            json.insert(limit.to_owned(), json!(items));
        }
    }
    Json::Object(json)
}

fn described(description: &str) -> Map<String, Json> {
    let mut json = Map::new();
    if !description.is_empty() {
        json.insert("description".to_owned(), json!(description));
        json.insert("description_kind".to_owned(), json!("markdown"));
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    #[test]
    fn the_form_is_the_one_of_the_command() {
        let schema = Schema {
            version: 1,
            description: "A role".to_owned(),
            attributes: vec![
                Attribute::required("name", Type::String, "its name").replaces(),
                Attribute::optional("key_wo", Type::String, "").write_only(),
                Attribute::computed("id", Type::String, "").deprecated("use `name`"),
            ],
            blocks: vec![Block::list("header", Vec::new()).items(0, 3).describe("A header")],
        };
        let expected = json!({
            "version": 1,
            "block": {
                "description": "A role",
                "description_kind": "markdown",
                "attributes": {
                    "name": {
                        "type": "string",
                        "description": "its name",
                        "description_kind": "markdown",
                        "required": true,
                        "replaces": true,
                    },
                    "key_wo": { "type": "string", "optional": true, "write_only": true },
                    "id": {
                        "type": "string",
                        "computed": true,
                        "deprecated": true,
                        "deprecation_message": "use `name`",
                    },
                },
                "block_types": {
                    "header": {
                        "nesting_mode": "list",
                        "max_items": 3,
                        "block": {
                            "description": "A header",
                            "description_kind": "markdown",
                            "attributes": {},
                        },
                    },
                },
            },
        });
        assert_eq!(schema.to_docs_json(), expected);
    }
}
