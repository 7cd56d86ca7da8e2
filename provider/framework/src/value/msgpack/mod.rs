//! Values on the wire, which are MessagePack.
//!
//! Reading is driven by the type and total on any bytes; writing takes a tree that has the shape of
//! its type, see [`conform`](crate::value::conform).
//!
//! What both sides agree on: an object is a map with every attribute, null is nil, an unknown value
//! is an extension, a set is an array, and a dynamic value is an array of its type, as binary JSON,
//! and the value.

mod decode;
mod encode;

pub use decode::{DecodeFault, decode};
pub use encode::{EncodeError, encode};

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::value::conform::conform;
    use crate::value::{Number, Tree, Type};

    fn types() -> BoxedStrategy<Type> {
        let leaf = prop_oneof![
            Just(Type::String),
            Just(Type::Number),
            Just(Type::Bool),
            Just(Type::Dynamic),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                inner.clone().prop_map(Type::list),
                inner.clone().prop_map(Type::set),
                inner.clone().prop_map(Type::map),
                prop::collection::btree_map("[a-z]{1,6}", inner.clone(), 0..4).prop_map(Type::Object),
                prop::collection::vec(inner, 0..4).prop_map(Type::Tuple),
            ]
        })
        .boxed()
    }

    fn numbers() -> BoxedStrategy<Number> {
        prop_oneof![
            any::<i64>().prop_map(Number::from),
            any::<u64>().prop_map(Number::from),
            any::<f64>().prop_filter_map("a NaN is no number", Number::from_f64),
            "-?[1-9][0-9]{0,40}\\.[0-9]{1,40}".prop_filter_map("decimal text", |text| Number::parse(&text)),
        ]
        .boxed()
    }

    fn known(ty: &Type) -> BoxedStrategy<Tree> {
        match ty {
            Type::String => any::<String>().prop_map(Tree::String).boxed(),
            Type::Number => numbers().prop_map(Tree::Number).boxed(),
            Type::Bool => any::<bool>().prop_map(Tree::Bool).boxed(),
            Type::Dynamic => prop_oneof![Just(Type::String), Just(Type::list(Type::Number))]
                .prop_flat_map(|ty| {
                    trees(&ty).prop_map(move |value| Tree::Dynamic {
                        ty: Box::new(ty.clone()),
                        value: Box::new(value),
                    })
                })
                .boxed(),
            Type::List(element) => prop::collection::vec(trees(element), 0..4).prop_map(Tree::List).boxed(),
            Type::Set(element) => prop::collection::vec(trees(element), 0..4).prop_map(Tree::Set).boxed(),
            Type::Map(element) => prop::collection::btree_map(any::<String>(), trees(element), 0..4)
                .prop_map(Tree::Map)
                .boxed(),
            Type::Object(attributes) => {
                let (names, fields): (Vec<String>, Vec<BoxedStrategy<Tree>>) =
                    attributes.iter().map(|(name, ty)| (name.clone(), trees(ty))).unzip();
                fields
                    .prop_map(move |fields| {
                        let fields: BTreeMap<String, Tree> = names.iter().cloned().zip(fields).collect();
                        Tree::Object(fields)
                    })
                    .boxed()
            }
            Type::Tuple(types) => types
                .iter()
                .map(trees)
                .collect::<Vec<BoxedStrategy<Tree>>>()
                .prop_map(Tree::List)
                .boxed(),
        }
    }

    fn trees(ty: &Type) -> BoxedStrategy<Tree> {
        prop_oneof![
            8 => known(ty),
            1 => Just(Tree::Null),
            1 => Just(Tree::Unknown),
        ]
        .boxed()
    }

    fn typed_trees() -> impl Strategy<Value = (Type, Tree)> {
        types().prop_flat_map(|ty| {
            let tree = trees(&ty);
            (Just(ty), tree)
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back((ty, tree) in typed_trees()) {
            let (tree, faults) = conform(tree, &ty);
            prop_assert!(faults.is_empty());
            let bytes = encode(&tree).unwrap();
            prop_assert_eq!(decode(&bytes, &ty).unwrap(), tree);
        }

        #[test]
        fn any_bytes_are_read_or_refused(
            ty in types(),
            bytes in prop::collection::vec(any::<u8>(), 0..256),
        ) {
            let _ = decode(&bytes, &ty);
        }

        #[test]
        fn damaged_bytes_are_read_or_refused(
            (ty, tree) in typed_trees(),
            place in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let (tree, _) = conform(tree, &ty);
            let mut bytes = encode(&tree).unwrap();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            let _ = decode(&bytes, &ty);
            bytes.truncate(place);
            prop_assert!(decode(&bytes, &ty).is_err(), "half a value was taken for a whole one");
        }

        #[test]
        fn the_order_of_a_set_leaves_no_trace(
            mut elements in prop::collection::vec(any::<i64>(), 0..8),
        ) {
            let ty = Type::set(Type::Number);
            let set = |elements: &[i64]| {
                let elements = elements.iter().map(|n| Tree::Number((*n).into())).collect();
                encode(&conform(Tree::List(elements), &ty).0).unwrap()
            };
            let bytes = set(&elements);
            elements.reverse();
            elements.extend(elements.clone());
            prop_assert_eq!(set(&elements), bytes);
        }
    }
}
