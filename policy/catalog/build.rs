//! Turns `data/catalog.txt` into the two files that the library embeds: `strings.txt`, a pool in which every string
//! stands once, and `tables.bin`, rows of words laid out as `src/layout.rs` says. A text that is not sorted, or that
//! refers to a name it does not list, fails the build with its line.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[path = "src/layout.rs"]
mod layout;

use layout::Section;

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("`CARGO_MANIFEST_DIR` is not set")?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("`OUT_DIR` is not set")?);
    let path = root.join("data").join("catalog.txt");
    writeln!(io::stdout(), "cargo::rerun-if-changed={}", path.display())?;
    writeln!(io::stdout(), "cargo::rerun-if-changed=src/layout.rs")?;
    let text = fs::read_to_string(&path)?;
    let tables = Tables::of(&CatalogText::parse(&text)?)?;
    tables.write(&out)
}

/// The text, split but not yet judged.
#[derive(Default)]
struct CatalogText<'t> {
    sources: Vec<[&'t str; 2]>,
    global: Vec<[&'t str; 2]>,
    federated: Vec<[&'t str; 2]>,
    services: Vec<ServiceText<'t>>,
    tombstones: Vec<[&'t str; 3]>,
}

#[derive(Default)]
struct ServiceText<'t> {
    prefix: &'t str,
    namespaces: Vec<&'t str>,
    actions: Vec<ActionText<'t>>,
    resources: Vec<ResourceText<'t>>,
    keys: Vec<[&'t str; 2]>,
}

struct ActionText<'t> {
    name: &'t str,
    level: &'t str,
    resources: Vec<&'t str>,
    keys: Vec<&'t str>,
}

struct ResourceText<'t> {
    name: &'t str,
    formats: Vec<&'t str>,
    keys: Vec<&'t str>,
}

/// The block that a `key` line belongs to.
#[derive(Clone, Copy)]
enum Block {
    None,
    Global,
    Federated,
    Service,
}

impl<'t> CatalogText<'t> {
    fn parse(text: &'t str) -> Result<Self, Failure> {
        let mut lines = text.lines();
        if lines.next() != Some("leastpriv-catalog\t1") {
            return Err("the catalog does not open with `leastpriv-catalog 1`".into());
        }
        let mut catalog = Self::default();
        let mut block = Block::None;
        for (index, line) in lines.enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            block = catalog
                .line(line, block)
                .map_err(|problem| format!("line {}: {problem}", index + 2))?;
        }
        catalog.check_order()?;
        Ok(catalog)
    }

    fn line(&mut self, line: &'t str, block: Block) -> Result<Block, Failure> {
        let mut fields = line.split('\t');
        let kind = fields.next().unwrap_or_default();
        let mut field = || fields.next().unwrap_or_default();
        let [first, second, third, fourth] = [field(), field(), field(), field()];
        match (kind, block) {
            ("source", _) => self.sources.push([first, second]),
            ("global", _) => return Ok(Block::Global),
            ("federated", _) => return Ok(Block::Federated),
            ("service", _) => {
                let service = ServiceText {
                    prefix: first,
                    namespaces: items(second, ','),
                    ..ServiceText::default()
                };
                self.services.push(service);
                return Ok(Block::Service);
            }
            ("tombstone", _) => {
                let (service, action) = first.split_once(':').unwrap_or((first, ""));
                self.tombstones.push([service, action, second]);
                return Ok(Block::None);
            }
            ("key", Block::Global) => self.global.push([first, second]),
            ("key", Block::Federated) => self.federated.push([first, second]),
            (_, Block::Service) => {
                let service = self.services.last_mut().ok_or("no service is open")?;
                match kind {
                    "action" => service.actions.push(ActionText {
                        name: first,
                        level: second,
                        resources: items(third, ','),
                        keys: items(fourth, ','),
                    }),
                    "resource" => service.resources.push(ResourceText {
                        name: first,
                        formats: items(second, ' '),
                        keys: items(third, ','),
                    }),
                    "key" => service.keys.push([first, second]),
                    _ => return Err(format!("`{kind}` is not a kind of line").into()),
                }
            }
            _ => return Err(format!("`{kind}` cannot stand here").into()),
        }
        Ok(block)
    }

    /// The reader finds names by bisection, so the order is part of the format.
    fn check_order(&self) -> Result<(), Failure> {
        sorted("services", self.services.iter().map(|service| service.prefix))?;
        for service in &self.services {
            sorted(service.prefix, service.actions.iter().map(|action| action.name))?;
            sorted(service.prefix, service.resources.iter().map(|resource| resource.name))?;
            sorted(service.prefix, service.keys.iter().map(|[name, _]| *name))?;
        }
        let names: Vec<_> = self
            .tombstones
            .iter()
            .map(|[service, action, _]| (service.to_ascii_lowercase(), action.to_ascii_lowercase()))
            .collect();
        if names.is_sorted_by(|left, right| left < right) {
            Ok(())
        } else {
            Err("the tombstones are not sorted".into())
        }
    }
}

fn items(field: &str, separator: char) -> Vec<&str> {
    field.split(separator).filter(|item| !item.is_empty()).collect()
}

fn sorted<'n>(place: &str, names: impl Iterator<Item = &'n str>) -> Result<(), Failure> {
    let names: Vec<String> = names.map(str::to_ascii_lowercase).collect();
    if names.is_sorted_by(|left, right| left < right) {
        Ok(())
    } else {
        Err(format!("the names of `{place}` are not sorted, or one stands twice").into())
    }
}

/// A condition key as all blocks together see it.
#[derive(Clone, Copy)]
struct Key<'t> {
    name: &'t str,
    flags: u32,
    rank: u8,
}

/// All keys, by their names in lower case. A key that several blocks list has the type that the first of these
/// gives: the hand-kept blocks, the service that the key is named after, any other.
fn keys_of<'t>(catalog: &CatalogText<'t>) -> Result<BTreeMap<String, Key<'t>>, Failure> {
    let mut keys = BTreeMap::new();
    for &[name, kind] in &catalog.global {
        add_key(&mut keys, name, key_flags(kind)? | layout::KEY_GLOBAL, 0);
    }
    for &[name, kind] in &catalog.federated {
        add_key(&mut keys, name, key_flags(kind)?, 0);
    }
    for service in &catalog.services {
        for &[name, kind] in &service.keys {
            let own = name.split_once(':').is_some_and(|(prefix, _)| prefix == service.prefix);
            add_key(&mut keys, name, key_flags(kind)?, if own { 1 } else { 2 });
        }
    }
    Ok(keys)
}

fn add_key<'t>(keys: &mut BTreeMap<String, Key<'t>>, name: &'t str, flags: u32, rank: u8) {
    let key = Key { name, flags, rank };
    let entry = keys.entry(name.to_ascii_lowercase()).or_insert(key);
    if rank < entry.rank {
        *entry = key;
    }
}

fn key_flags(kind: &str) -> Result<u32, Failure> {
    let (base, many) = kind
        .strip_prefix("ArrayOf")
        .map_or((kind, 0), |base| (base, layout::KEY_MULTIVALUED));
    let code = layout::KEY_TYPES.iter().position(|known| *known == base);
    let code = u32::try_from(code.ok_or_else(|| format!("`{kind}` is not a type of condition key"))?)?;
    Ok((code & layout::KEY_TYPE_MASK) | many)
}

/// The pools and sections under construction.
struct Tables {
    strings: String,
    string_places: BTreeMap<String, u32>,
    lists: Vec<u16>,
    list_places: BTreeMap<Vec<u16>, u32>,
    sections: Vec<Vec<u8>>,
}

impl Tables {
    fn of(catalog: &CatalogText<'_>) -> Result<Self, Failure> {
        let mut tables = Self {
            strings: String::new(),
            string_places: BTreeMap::new(),
            lists: vec![0],
            list_places: BTreeMap::new(),
            sections: vec![Vec::new(); layout::LISTS.index + 1],
        };
        for [name, date] in &catalog.sources {
            let row = [tables.string(name)?, tables.string(date)?];
            tables.row(layout::SOURCES, &row);
        }
        let keys = keys_of(catalog)?;
        let key_rows = tables.keys(&keys)?;
        let format_rows = tables.formats(catalog)?;
        let (mut action, mut resource) = (0, 0);
        for service in &catalog.services {
            let (first_action, first_resource) = (action, resource);
            action += u32::try_from(service.actions.len())?;
            resource += u32::try_from(service.resources.len())?;
            let names: Vec<&str> = service.keys.iter().map(|[name, _]| *name).collect();
            let keys = tables.key_list(&names, &key_rows)?;
            let prefix = tables.string(service.prefix)?;
            tables.row(
                layout::SERVICES,
                &[prefix, first_action, action, first_resource, resource, keys],
            );
            tables.service(service, &key_rows, &format_rows)?;
        }
        tables.namespaces(catalog)?;
        for [service, name, year] in &catalog.tombstones {
            let row = [tables.string(service)?, tables.string(name)?, tables.string(year)?];
            tables.row(layout::TOMBSTONES, &row);
        }
        let lists: Vec<u8> = tables.lists.iter().flat_map(|number| number.to_le_bytes()).collect();
        tables.sections[layout::LISTS.index] = lists;
        Ok(tables)
    }

    fn keys(&mut self, keys: &BTreeMap<String, Key<'_>>) -> Result<BTreeMap<String, u16>, Failure> {
        let mut rows = BTreeMap::new();
        for (row, (folded, key)) in keys.iter().enumerate() {
            let name = self.string(key.name)?;
            self.row(layout::KEYS, &[name, key.flags]);
            // The keys of any provider are looked up by their claim, never by fitting a text to them.
            if (key.name.contains("${") || key.name.contains('<')) && !key.name.starts_with(layout::ANY_PROVIDER) {
                self.row(layout::TEMPLATES, &[u32::try_from(row)?]);
            }
            rows.insert(folded.clone(), u16::try_from(row)?);
        }
        Ok(rows)
    }

    fn formats<'t>(&mut self, catalog: &CatalogText<'t>) -> Result<BTreeMap<&'t str, u16>, Failure> {
        let resources = catalog.services.iter().flat_map(|service| &service.resources);
        let formats: BTreeSet<&str> = resources
            .flat_map(|resource| resource.formats.iter().copied())
            .collect();
        let mut rows = BTreeMap::new();
        for (row, format) in formats.into_iter().enumerate() {
            let text = self.string(format)?;
            self.row(layout::FORMATS, &[text]);
            rows.insert(format, u16::try_from(row)?);
        }
        Ok(rows)
    }

    fn service(
        &mut self,
        service: &ServiceText<'_>,
        key_rows: &BTreeMap<String, u16>,
        format_rows: &BTreeMap<&str, u16>,
    ) -> Result<(), Failure> {
        for action in &service.actions {
            let resources = action
                .resources
                .iter()
                .map(|resource| resource_number(service, resource))
                .collect::<Result<Vec<u16>, Failure>>()?;
            let level = layout::LEVELS.find(action.level).filter(|_| action.level.len() == 1);
            let level = u32::try_from(level.ok_or_else(|| format!("`{}` is not a level", action.level))?)?;
            let resources = self.list(resources)? | (level << layout::LEVEL_SHIFT);
            let row = [
                self.string(action.name)?,
                resources,
                self.key_list(&action.keys, key_rows)?,
            ];
            self.row(layout::ACTIONS, &row);
        }
        for resource in &service.resources {
            let formats = resource
                .formats
                .iter()
                .filter_map(|format| format_rows.get(format).copied())
                .collect();
            let row = [
                self.string(resource.name)?,
                self.list(formats)?,
                self.key_list(&resource.keys, key_rows)?,
            ];
            self.row(layout::RESOURCES, &row);
        }
        Ok(())
    }

    fn namespaces(&mut self, catalog: &CatalogText<'_>) -> Result<(), Failure> {
        let mut namespaces: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
        for (row, service) in catalog.services.iter().enumerate() {
            for &namespace in &service.namespaces {
                namespaces.entry(namespace).or_default().push(u16::try_from(row)?);
            }
        }
        for (namespace, services) in namespaces {
            let row = [self.string(namespace)?, self.list(services)?];
            self.row(layout::NAMESPACES, &row);
        }
        Ok(())
    }

    fn key_list(&mut self, names: &[&str], rows: &BTreeMap<String, u16>) -> Result<u32, Failure> {
        let mut list = Vec::with_capacity(names.len());
        for name in names {
            let row = rows.get(&name.to_ascii_lowercase());
            list.push(*row.ok_or_else(|| format!("the condition key `{name}` is not listed"))?);
        }
        self.list(list)
    }

    fn string(&mut self, text: &str) -> Result<u32, Failure> {
        if let Some(place) = self.string_places.get(text) {
            return Ok(*place);
        }
        let (offset, length) = (u32::try_from(self.strings.len())?, u32::try_from(text.len())?);
        if length >> layout::LENGTH_BITS != 0 || offset >> (u32::BITS - layout::LENGTH_BITS) != 0 {
            return Err(format!("`{text}` is too long, or the pool of strings is full").into());
        }
        let place = (offset << layout::LENGTH_BITS) | length;
        self.strings.push_str(text);
        self.string_places.insert(text.to_owned(), place);
        Ok(place)
    }

    fn list(&mut self, numbers: Vec<u16>) -> Result<u32, Failure> {
        if numbers.is_empty() {
            return Ok(0);
        }
        if let Some(place) = self.list_places.get(&numbers) {
            return Ok(*place);
        }
        let place = u32::try_from(self.lists.len())?;
        self.lists.push(u16::try_from(numbers.len())?);
        self.lists.extend_from_slice(&numbers);
        self.list_places.insert(numbers, place);
        Ok(place)
    }

    fn row(&mut self, section: Section, words: &[u32]) {
        assert_eq!(
            words.len(),
            section.columns,
            "a row of section {} has the wrong width",
            section.index
        );
        self.sections[section.index].extend(words.iter().flat_map(|word| word.to_le_bytes()));
    }

    fn write(&self, out: &Path) -> Result<(), Failure> {
        let mut offset = u32::try_from(self.sections.len() * 8)?;
        let mut bytes = Vec::new();
        for section in &self.sections {
            let length = u32::try_from(section.len())?;
            bytes.extend_from_slice(&offset.to_le_bytes());
            bytes.extend_from_slice(&length.to_le_bytes());
            offset += length;
        }
        for section in &self.sections {
            bytes.extend_from_slice(section);
        }
        fs::write(out.join("strings.txt"), &self.strings)?;
        fs::write(out.join("tables.bin"), bytes)?;
        Ok(())
    }
}

/// The number of a resource type of a service, with the mark of a required one.
fn resource_number(service: &ServiceText<'_>, resource: &str) -> Result<u16, Failure> {
    let (name, mark) = resource
        .strip_suffix('*')
        .map_or((resource, 0), |name| (name, layout::REQUIRED));
    let number = service.resources.iter().position(|known| known.name == name);
    let number = number.ok_or_else(|| format!("`{}` has no resource type `{name}`", service.prefix))?;
    let number = u16::try_from(number)?;
    if number & layout::REQUIRED != 0 {
        return Err(format!("`{}` has too many resource types", service.prefix).into());
    }
    Ok(number | mark)
}
