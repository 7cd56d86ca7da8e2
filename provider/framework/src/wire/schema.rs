use leastpriv_proto::tfplugin6;
use leastpriv_proto::tfplugin6::StringKind;
use leastpriv_proto::tfplugin6::schema::nested_block::NestingMode;

use crate::schema::{Attribute, Block, Nesting, Schema};

/// The description of a block, as the core reads it.
pub(crate) fn schema_to_wire(schema: &Schema) -> tfplugin6::Schema {
    tfplugin6::Schema {
        version: schema.version,
        block: Some(block_to_wire(schema, &schema.description)),
    }
}

fn block_to_wire(schema: &Schema, description: &str) -> tfplugin6::schema::Block {
    let Schema {
        version,
        description: _,
        attributes,
        blocks,
    } = schema;
    tfplugin6::schema::Block {
        version: *version,
        attributes: attributes.iter().map(attribute_to_wire).collect(),
        block_types: blocks.iter().map(nested_to_wire).collect(),
        description: description.to_owned(),
        description_kind: StringKind::Markdown.into(),
        ..tfplugin6::schema::Block::default()
    }
}

fn attribute_to_wire(attribute: &Attribute) -> tfplugin6::schema::Attribute {
    let Attribute {
        name,
        ty,
        mode,
        sensitive,
        write_only,
        replaces: _,
        deprecated,
        description,
    } = attribute;
    tfplugin6::schema::Attribute {
        name: (*name).to_owned(),
        r#type: ty.to_json().to_string().into_bytes(),
        description: description.clone(),
        required: mode.is_required(),
        optional: mode.is_optional(),
        computed: mode.is_computed(),
        sensitive: *sensitive,
        description_kind: StringKind::Markdown.into(),
        deprecated: deprecated.is_some(),
        nested_type: None,
        write_only: *write_only,
        deprecation_message: deprecated.unwrap_or_default().to_owned(),
    }
}

fn nested_to_wire(block: &Block) -> tfplugin6::schema::NestedBlock {
    let Block {
        name,
        nesting,
        schema,
        min_items,
        max_items,
        description,
    } = block;
    let nesting = match nesting {
        Nesting::Single => NestingMode::Single,
        Nesting::List => NestingMode::List,
        Nesting::Set => NestingMode::Set,
    };
    tfplugin6::schema::NestedBlock {
        type_name: (*name).to_owned(),
        block: Some(block_to_wire(schema, description)),
        nesting: nesting.into(),
        min_items: *min_items,
        max_items: *max_items,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    #[test]
    fn flags_and_types_are_sent() {
        let schema = Schema {
            version: 2,
            description: "A role".to_owned(),
            attributes: vec![
                Attribute::optional_computed("arns", Type::set(Type::String), "policies"),
                Attribute::optional("key_wo", Type::String, "key")
                    .write_only()
                    .deprecated("use `key`"),
            ],
            blocks: vec![Block::list("header", Vec::new()).items(0, 2)],
        };
        let sent = schema_to_wire(&schema);
        let block = sent.block.unwrap();
        assert_eq!((sent.version, block.version), (2, 2));
        let [arns, key] = &block.attributes[..] else {
            panic!("two attributes were expected");
        };
        assert_eq!(arns.r#type, br#"["set","string"]"#);
        assert!(arns.optional && arns.computed && !arns.required);
        assert!(key.write_only && key.deprecated);
        assert_eq!(key.deprecation_message, "use `key`");
        assert_eq!(block.block_types[0].nesting, i32::from(NestingMode::List));
        assert_eq!(block.block_types[0].max_items, 2);
    }
}
