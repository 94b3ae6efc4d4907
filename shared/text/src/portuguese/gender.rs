//! The gender of a noun, which numbers before it take on: `duas mil casas`, `dois mil carros`.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gender {
    Masculine,
    Feminine,
}
use Gender::{Feminine, Masculine};

use crate::reading::patterns;

/// Masculine although they end in -a or as feminine nouns do.
const MASCULINE: &str = "dia dias tema temas lema lemas mapa mapas clima climas planeta planetas cometa cometas poeta poetas \
    profeta profetas atleta atletas grama gramas idioma idiomas cinema cinemas drama dramas fantasma fantasmas poema \
    poemas dilema dilemas sintoma sintomas trauma traumas aroma aromas diploma diplomas bioma biomas genoma genomas \
    hematoma hematomas dogma dogmas estigma estigmas carisma colega colegas pijama pijamas pirata piratas guarda \
    guardas panorama panoramas quilômetro mega giga quilo camarada camaradas emblema emblemas enigma enigmas carma \
    karma mantra mantras samba sambas panda pandas gorila gorilas delta gama indígena indígenas belga belgas croata \
    croatas jesuíta jesuítas monarca monarcas patriarca patriarcas suicida homicida inseticida recruta recrutas gentleman \
    avião aviões espião espiões pião piões guardião guardiões coração corações calção calções cação brasão brasões \
    artesão diapasão bolsão";
/// Feminine although nothing in their ending says so.
const FEMININE: &str = "vez vezes noite noites tarde tardes mulher mulheres colher colheres parte partes flor flores mão mãos luz luzes \
    voz vozes noz nozes cor cores dor dores cruz cruzes paz raiz raízes atriz atrizes matriz matrizes cicatriz \
    cicatrizes diretriz diretrizes fase fases classe classes frase frases base bases dose doses crise crises análise \
    análises tese teses hipótese hipóteses síntese ênfase posse face faces interface interfaces mãe mães avó lei leis \
    rede redes parede paredes sede sedes fome série séries espécie espécies superfície chave chaves nave naves ave \
    aves neve greve greves ponte pontes fonte fontes frente frentes semente sementes corrente correntes enchente \
    enchentes vertente vertentes lente lentes serpente serpentes patente patentes mente mentes arte artes sorte morte \
    mortes árvore árvores torre torres febre febres nuvem nuvens ordem ordens tribo tribos foto fotos moto motos irmã \
    irmãs maçã maçãs manhã manhãs avelã avelãs lã rã rãs fé maré marés chaminé chaminés pá pás razão razões gente pele \
    peles carne carnes couve couves estante estantes equipe equipes metade metades chance chances performance elite \
    elites gangue gangues grife grifes boate boates suíte suítes sobremesa haste hastes live lives startup startups \
    selfie selfies bienal internet web ong ongs uti utis tv tvs upa upas cpi cpis pec pecs h hs hrs t";
/// In -ista and feminine; the others are persons.
const FEMININE_IN_ISTA: &str = "lista pista vista crista revista entrevista conquista autopista";
/// Words with the ending of a feminine noun that are none.
const NO_NOUNS: &str = "a as à às da na nas para pra pela pelas uma umas mas já era há agora ainda cada contra está estava fica ficava \
    custa vira ganha joga e ou fora será nunca quando apenas antes acima através depois atrás mais menos graças são \
    estão ela elas esta estas essa essas aquela aquelas minha minhas sua suas nossa nossas tua tuas cuja cujas qual \
    nessa nesta naquela dessa desta daquela numa havia tinha foi começa começava continua continuava chega chegava \
    passava vinha ia dava trazia fazia nada só além";
/// Adjectives that stand before a noun and have no gender of their own.
const NEUTRAL: &str = "grandes maiores melhores piores menores principais possíveis importantes diferentes simples últimos mil \
    grande maior melhor";
/// First parts of compounds, verbs mostly, whose whole is masculine: `porta-vozes`, `vira-latas`.
const COMPOUNDS: &str = "porta vira quebra saca tira salva arranha para conta bate limpa mata toca";
const FEMININE_ENDINGS: &[&str] = &[
    "ção", "são", "stão", "xão", "ião", "dade", "tude", "gem", "a", "ície", "ções", "sões",
    "stões", "xões", "iões", "dades", "tudes", "gens", "as", "ícies",
];
const MASCULINE_ENDINGS: &[&str] = &[
    "grama", "blema", "stema", "orema", "quema", "fonema", "nauta", "crata", "omem", "ista",
];

patterns! {
    // Other numbers between this one and the noun: `1 ou 2 vezes`, `1 em cada 3 pessoas`.
    FURTHER = r"(?:(?:\x20?[-–]\x20?|,\x20|\x20(?:e|ou|a|em|(?:a|em|de)\x20cada)\x20)[0-9]+(?:[.,][0-9]+)*){1,4}";
}

fn lists(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|known| known == word)
}

/// The gender that a number takes from what stands behind it; masculine where no noun is known. A single capital
/// begins a name, which no number counts.
pub(super) fn of_counted(behind: &str) -> Gender {
    let further = FURTHER.find(behind).map_or(0, |found| found.end());
    let Some(noun) = behind
        .get(further..)
        .and_then(|rest| rest.strip_prefix(' '))
    else {
        return Masculine;
    };
    let mut letters = noun.chars();
    let is_name = letters.next().is_some_and(char::is_uppercase)
        && letters.next().is_none_or(char::is_lowercase);
    if is_name { Masculine } else { of_noun(noun) }
}

/// The gender of the noun that `rest` begins with; masculine where there is none.
pub(super) fn of_noun(rest: &str) -> Gender {
    let mut words = rest.split(' ').filter(|word| !word.is_empty()).take(3);
    let mut noun = words.next().unwrap_or_default();
    while lists(NEUTRAL, noun) {
        noun = words.next().unwrap_or_default();
    }
    let letters = noun.trim_start_matches(char::is_alphabetic);
    let written = noun.strip_suffix(letters).unwrap_or(noun).to_lowercase();
    let is_compound = letters.starts_with('-') && lists(COMPOUNDS, &written);
    if !is_compound && is_feminine(&written) {
        Feminine
    } else {
        Masculine
    }
}

fn is_feminine(noun: &str) -> bool {
    let one = noun.strip_suffix('s').unwrap_or(noun);
    let is_masculine = || {
        lists(MASCULINE, noun)
            || lists(NO_NOUNS, noun)
            || MASCULINE_ENDINGS.iter().any(|ending| one.ends_with(ending))
    };
    lists(FEMININE, noun)
        || lists(FEMININE_IN_ISTA, one)
        || noun == "das"
        || FEMININE_ENDINGS.iter().any(|ending| noun.ends_with(ending)) && !is_masculine()
}

impl Gender {
    /// The word in this gender, given in the masculine: `primeiro` to `primeira`, `segundos` to `segundas`.
    pub(super) fn of_adjective(self, word: &str) -> String {
        match self {
            Masculine => word.to_owned(),
            Feminine => word
                .strip_suffix('o')
                .map(|stem| format!("{stem}a"))
                .or_else(|| word.strip_suffix("os").map(|stem| format!("{stem}as")))
                .unwrap_or_else(|| word.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_have_the_gender_of_their_ending_or_their_own() {
        for noun in [
            "casas novas",
            "nações",
            "cidade,",
            "garagens",
            "mãos",
            "grandes casas",
            "viagem",
            "opiniões",
        ] {
            assert_eq!(of_noun(noun), Feminine, "{noun}");
        }
        for noun in [
            "dias",
            "carros",
            "homens",
            "aviões",
            "mapas",
            "",
            "para ela",
            "irmãos",
            "novos temas",
            "km",
            "corações",
            "turistas",
            "programas",
            "porta-vozes",
        ] {
            assert_eq!(of_noun(noun), Masculine, "{noun}");
        }
    }

    #[test]
    fn other_numbers_may_stand_before_the_noun() {
        for behind in [
            " casas",
            " ou 2 vezes",
            ", 3 ou 4 horas",
            "-3 ruas",
            " em cada 3 pessoas",
        ] {
            assert_eq!(of_counted(behind), Feminine, "{behind}");
        }
        for behind in [
            "",
            ", casas",
            " Maria",
            " e 2 carros",
            " a 2",
            " para 2 casas",
        ] {
            assert_eq!(of_counted(behind), Masculine, "{behind}");
        }
    }
}
